"""The embedded model: a small demonstration model, so that a first answer needs no account and no network.

`model` answers calls. `request`, `prompt` and `function_call` turn them into what the model can do,
`generation` asks the runtime for it, `answer` writes what comes back as OpenAI does. `runtime` keeps
the process alive that `model_server` is: llama.cpp with the weights.
"""
