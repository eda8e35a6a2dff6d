"""How each kind of figure is read: the question that it answers, and what its marks are."""

READING = {
    "ranking_at_equal_macs": (
        "**Which criterion is better than chance?** A row for each criterion, a column for each ratio, and one "
        "over all of them. A mark to the right of the line is better than removing filters at random. The bar is "
        "the 95 % interval, and a mark is hollow if it cannot be distinguished from `random`. Each column has its "
        "own scale."
    ),
    "map_vs_macs": (
        "**What does a MAC buy?** A mark is the mean over models, and the bar beside it is their range. The grey "
        "band is the range of `random`, which has more models and so a wider range. The dashed steps are the Pareto "
        "frontier of criteria. With many criteria, only those on the frontier and those furthest from `random` are in "
        "colour; all others are grey dots."
    ),
    "map_vs_macs_over_networks": (
        "**Does a pruned large network beat a small one?** Each network has its own marker and dashes, which the flag "
        "above its unpruned model shows. The black steps are the Pareto frontier over all networks: a network whose "
        "marks lie below it costs more than another one of the same mAP."
    ),
    "map_vs_parameters_over_networks": (
        "**And at equal size?** This is the same figure against parameters: a network that needs few MACs can have "
        "many parameters."
    ),
    "controls": (
        "**Is a bad criterion only noise, and was pruning worth it?** Below each criterion is its reverse, which "
        "removes the filters that the criterion would keep: if scores are informative, the reverse is worse. The "
        "last rows show the pruned shape, trained from new weights, with as many steps as the base model (`×`) or "
        "with as many MACs in all (`+`)."
    ),
    "recovery": (
        "**How fast does a pruned model recover?** Each line is the validation mAP over the steps of fine-tuning, "
        "as the mean over models. Where lines still rise, training was too short. The figure does not show whether "
        "two criteria differ: validation mAP of a few models cannot tell. Look in the table of test mAP."
    ),
    "methods": (
        "**Does another kind of method help?** Methods are in families, and each is compared with `random` at the "
        "same budget. Their training can cost more, so the table beside the figure gives the MACs that each spent."
    ),
    "map_vs_": (
        "**What does another cost buy?** The marks are those of the figure against MACs, but the cost is the number of "
        "parameters, the bytes of the saved file, memory or latency. A cost that pruning hardly changes has no figure."
    ),
    "before_and_after": (
        "**What does fine-tuning give back?** Hollow marks show models as pruned, filled marks the same models "
        "after fine-tuning. The pale bars are the range over models. The dashed line is the unpruned model."
    ),
    "attainment": (
        "**What can one count on?** Each line shows the mAP that at least half of the seeds reach with at most that "
        "many MACs. A mean would hide seeds that fail."
    ),
    "agreement": (
        "**Do criteria remove the same filters?** Orange means that two criteria have more filters in common than "
        "by chance, purple that they have fewer."
    ),
    "class_changes": (
        "**Which sounds gain or lose?** Colours show the change of average precision relative to the unpruned "
        "model, which was not fine-tuned. So a gain can come from fine-tuning instead of pruning."
    ),
    "filters_kept": (
        "**Where did the filters go?** The figure shows the share of filters that each layer keeps, for each "
        "criterion. It is drawn if the allocation decides this share, and not the ratio alone."
    ),
    "sensitivity": (
        "**Which layer is hardest to prune?** Each layer is pruned alone, without fine-tuning, so the losses are "
        "those of that layer."
    ),
    "speed_up": (
        "**Do fewer MACs save time?** The number beside each mark is the share of filters removed, and the bar is "
        "the 95 % interval of the median. On the dashed line, time would shrink as the MACs do. The page of the run "
        "says how busy the machine was."
    ),
    "critical_difference": (
        "**Which criteria differ over base models of these data sets?** Criteria at the same mean rank stand "
        "together, and a bar joins those whose ranks cannot be distinguished. Each block is a base model on one of two "
        "data sets, too few to say anything about other data sets."
    ),
}
