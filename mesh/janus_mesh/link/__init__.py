"""Many exchanges on one long-lived stream: state machines (`client`, `server`), and what carries them."""
