from prunebench.eval.run import protocol


def test_the_rules_of_an_honest_benchmark_stand():
    """Six base models, five operating points, three draws of the control: documented in docs/protocol.md."""
    assert protocol.BASES_FOR_A_CLAIM == 6
    assert protocol.BUDGETS_FOR_A_CLAIM == 5
    assert protocol.DRAWS_FOR_A_CLAIM == 3
