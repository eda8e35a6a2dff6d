"""Where a run keeps things (cache folders), on which machine, and the hash that names them."""
