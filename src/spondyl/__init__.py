"""From a spinal metastasis on CT to a judged treatment plan. Research and education, not a medical device."""
