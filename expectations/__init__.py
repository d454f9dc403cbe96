"""What must hold: the rule catalogue and one suite of Great Expectations per frame. Imports forms and plan."""
