"""Terms of CTCAE v5 that follow treatment of the spine, to find a slip of the pen in a term.

National Cancer Institute 2017, Common Terminology Criteria for Adverse Events v5.0. Not the whole list, which has some
800 terms, and the names are recalled: a term that is near none of these is taken as it is written.
"""

from __future__ import annotations

TERMS = (
    "Abdominal pain", "Acute kidney injury", "Alanine aminotransferase increased", "Alopecia", "Anemia", "Anorexia",
    "Arthralgia", "Aspiration", "Avascular necrosis", "Back pain", "Bone infection", "Bone pain",
    "Brachial plexopathy", "Central nervous system necrosis", "Chest wall necrosis", "Chest wall pain", "Confusion",
    "Constipation", "Cough", "Creatinine increased", "Cystitis noninfective", "Death NOS", "Dehydration", "Delirium",
    "Dermatitis radiation", "Device related infection", "Diarrhea", "Dizziness", "Dry mouth", "Duodenal ulcer",
    "Dysesthesia", "Dyspepsia", "Dysphagia", "Dyspnea", "Edema limbs", "Enterocolitis", "Esophageal fistula",
    "Esophageal hemorrhage", "Esophageal necrosis", "Esophageal obstruction", "Esophageal pain",
    "Esophageal perforation", "Esophageal stenosis", "Esophageal ulcer", "Esophagitis", "Fall", "Fatigue",
    "Febrile neutropenia", "Fecal incontinence", "Fever", "Flank pain", "Fracture", "Gait disturbance",
    "Gastric hemorrhage", "Gastric perforation", "Gastric ulcer", "Gastritis", "Generalized muscle weakness",
    "Headache", "Hematoma", "Hip fracture", "Hypercalcemia", "Hyperglycemia", "Hypertension", "Hypotension", "Ileus",
    "Insomnia", "Intraoperative hemorrhage", "Intraoperative neurological injury", "Kyphosis", "Laryngeal mucositis",
    "Localized edema", "Lung infection", "Lymphocyte count decreased", "Malaise", "Meningitis", "Mucositis oral",
    "Muscle weakness lower limb", "Muscle weakness upper limb", "Myalgia", "Myelitis", "Myositis", "Nausea",
    "Neck pain", "Neuralgia", "Neutrophil count decreased", "Non-cardiac chest pain", "Osteonecrosis", "Osteoporosis",
    "Pain", "Pain in extremity", "Paresthesia", "Peripheral motor neuropathy", "Peripheral sensory neuropathy",
    "Pharyngeal mucositis", "Pharyngitis", "Platelet count decreased", "Pleural effusion", "Pneumonitis",
    "Pneumothorax", "Postoperative hemorrhage", "Proctitis", "Pruritus", "Pulmonary fibrosis",
    "Radiation recall reaction (dermatologic)", "Radiculitis", "Recurrent laryngeal nerve palsy",
    "Respiratory failure", "Scoliosis", "Sepsis", "Seroma", "Skin atrophy", "Skin hyperpigmentation",
    "Skin infection", "Skin ulceration", "Small intestinal perforation", "Sore throat", "Spasticity",
    "Spinal cord compression", "Spinal fracture", "Superficial soft tissue fibrosis", "Thromboembolic event",
    "Urinary incontinence", "Urinary retention", "Urinary tract infection", "Vomiting", "Weight loss",
    "White blood cell decreased", "Wound complication", "Wound dehiscence", "Wound infection",
)  # fmt: skip
_KNOWN = {term.casefold(): term for term in TERMS}


def known_term(text: str) -> str:
    """`text` as the list writes it where it is there in other capitals, else `text` itself.

    Raises
    ------
    ValueError
        If one letter, more, less, another or swapped with its neighbour, would make it a term of the list.

    Examples
    --------
    >>> known_term("fatigue"), known_term("Hair color changes")
    ('Fatigue', 'Hair color changes')
    >>> known_term("Oesophagitis")
    Traceback (most recent call last):
    ValueError: expected a term of CTCAE v5, nearest: Esophagitis
    """
    plain = " ".join(text.casefold().split())
    if plain in _KNOWN:
        return _KNOWN[plain]
    near = [term for folded, term in _KNOWN.items() if _one_slip(plain, folded)]
    if near:
        raise ValueError(f"expected a term of CTCAE v5, nearest: {', '.join(near)}")
    return text


def _one_slip(first: str, second: str) -> bool:
    """Whether one insertion, deletion, substitution or swap of neighbours leads from one word to the other."""
    if abs(len(first) - len(second)) > 1:
        return False
    start = next((n for n, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), None)
    if start is None:
        return len(first) != len(second)
    rest, other = first[start:], second[start:]
    swapped = rest[:2] == other[1::-1] and rest[2:] == other[2:]
    return rest[1:] == other[1:] or rest[1:] == other or rest == other[1:] or swapped
