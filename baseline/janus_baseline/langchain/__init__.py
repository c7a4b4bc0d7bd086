"""The reference native competitor: a LangChain agent that speaks `janus.chat.v1.ChatService` itself.

Read in this order: `messages` and `model` (what is asked, and of whom), `platform` and `tools` (what the
agent can do), `narration` and `answer` (what its caller sees), `readiness` and `__main__` (the service).
"""
