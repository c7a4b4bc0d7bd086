"""What a sandbox is given for an agent: `python3 -m janus_pack AGENT` runs it and tells its steps.

This folder is copied into sandboxes and runs there under whatever Python 3.9 or newer they have, so it
uses the standard library alone. `steps` is the form in which every agent's doings are told, `agents`
holds what each agent needs, `tools` are the commands that agents call.
"""
