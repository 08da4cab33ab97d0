"""Whether something grows over time: a straight line by least squares, with its 95 % confidence interval.

Samples that follow each other are alike, so that an interval from all of them would be too narrow; the line
goes through the means of whole blocks of time, which hardly know of each other.
"""
import math
import statistics

CONFIDENCE = 0.95
MIN_BLOCKS = 4


def _student_t(freedom):
    """The two-sided quantile by the expansion of Cornish and Fisher: within 2 % from 3 degrees on."""
    z = statistics.NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    terms = (z, (z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96,
             (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384)
    return sum(term / freedom**power for power, term in enumerate(terms))


def blocks(samples, length):
    """(time, value) pairs as the means of each `length` of time that has any."""
    found = {}
    for at, value in samples:
        found.setdefault(math.floor(at / length), []).append((at, value))
    return [tuple(map(statistics.mean, zip(*each))) for _, each in sorted(found.items())]


def fit(samples, block):
    """The line through (time, value) pairs: growth per unit of time, its interval, and the mean; None where
    there are too few blocks to tell."""
    points = blocks(samples, block)
    if len(points) < MIN_BLOCKS:
        return None
    times, values = zip(*points)
    line = statistics.linear_regression(times, values)
    residuals = [value - line.slope * at - line.intercept for at, value in points]
    freedom = len(points) - 2
    middle = statistics.mean(times)
    spread = sum((at - middle) ** 2 for at in times)
    error = math.sqrt(sum(each**2 for each in residuals) / freedom / spread)
    margin = _student_t(freedom) * error
    return {"slope": line.slope, "low": line.slope - margin, "high": line.slope + margin,
            "mean": statistics.mean(values), "blocks": len(points)}


def is_flat(fitted, time, share):
    """No growth that the noise would not explain, or at most that share of the mean within that time."""
    return fitted["low"] <= 0 or fitted["high"] * time <= share * fitted["mean"]
