"""Whether `tests` hold: each is proved for all people and requests, or refuted by somebody for whom it is not so."""
