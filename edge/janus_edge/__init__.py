"""OpenAI HTTP in, chat streams out."""
