"""The case study: E-PANNs computed again and compared with the claims of the paper."""
