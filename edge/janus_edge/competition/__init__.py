"""`/api/competition/*` and `/api/marketplace/*`: the competition service over HTTP."""
