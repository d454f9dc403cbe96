-- Rounding as the plan prints: half up, on exact integers and never on a float.
-- 1.005 is a little less than 1.005 in a float; 1005 over 1000 is not.
create macro core.round_half_up(numerator, denominator, decimals) as (
    (2 * numerator::hugeint * (10 ** decimals)::hugeint + denominator::hugeint) // (2 * denominator::hugeint)
) / (10 ** decimals);
