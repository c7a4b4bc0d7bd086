"""What a request passes before it is answered: who asks, how often, and its body within bounds."""
