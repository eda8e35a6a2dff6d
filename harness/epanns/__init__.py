"""The case study: E-PANNs computed anew and compared with the claims of the paper."""
