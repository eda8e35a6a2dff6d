"""One criterion on one model: find the pruner, calibrate, score, remove filters, recalibrate."""
