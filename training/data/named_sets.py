"""The table of public sets whose layout is a naming scheme, as their publishers lay them out."""

from training.data import london
from training.data.data_set import DataSet
from training.data.naming import IMAGE, Naming
from training.data.record import SetInfo
from training.data.terms import Terms, Use

_SCIENCE = Terms(
    Use.RESEARCH, "non-commercial scientific research, no redistribution of the images"
)
_TWO_LETTERS = {
    "NE": "neutral",
    "HA": "happiness",
    "SA": "sadness",
    "SU": "surprise",
    "AN": "anger",
    "DI": "disgust",
}
_CREMA_D = {
    "NEU": "neutral",
    "HAP": "happiness",
    "SAD": "sadness",
    "ANG": "anger",
    "DIS": "disgust",
    "FEA": "fear",
}
_FERG = {
    "NEUTRAL": "neutral",
    "JOY": "happiness",
    "SADNESS": "sadness",
    "SURPRISE": "surprise",
    "ANGER": "anger",
    "DISGUST": "disgust",
    "FEAR": "fear",
}

NAMED_SETS = {
    # 213 pictures of 10 women: subject, emotion and take, and a number.
    "jaffe": DataSet(
        SetInfo(
            name="JAFFE",
            terms=_SCIENCE,
            citation="Lyons, Akamatsu, Kamachi, Gyoba 1998, Coding facial expressions with Gabor "
            "wavelets",
        ),
        "jaffe",
        Naming(
            r"(?P<subject>[A-Z]{2})\.(?P<emotion>[A-Z]{2})\d\.\d+\.tiff?",
            "KA.AN1.39.tiff",
            _TWO_LETTERS | {"FE": "fear"},
        ),
    ),
    # 15 people, GIF files without a suffix. The other files vary lighting and glasses.
    "yale": DataSet(
        SetInfo(
            name="Yale",
            terms=Terms(
                Use.RESEARCH,
                "research use, not as part of a larger database that is then distributed",
            ),
            citation="Belhumeur, Hespanha, Kriegman 1997, Eigenfaces vs. Fisherfaces",
        ),
        "yale",
        Naming(
            r"(?P<subject>subject[^.]*)\.(?P<emotion>normal|happy|sad|surprised)(?:\.gif)?",
            "subject04.sad",
            {"normal": "neutral", "happy": "happiness", "sad": "sadness", "surprised": "surprise"},
            files="subject*",
            either_case=False,
        ),
    ),
    # Face Research Lab London Set: 102 people, a folder a pose, and a table of the people.
    "frl": DataSet(
        SetInfo(
            name="FRL London",
            terms=Terms(Use.ANY, "CC BY 4.0", licence="CC BY 4.0"),
            citation="DeBruine, Jones 2017, Face Research Lab London Set, "
            "doi:10.6084/m9.figshare.5047666",
        ),
        "frl_london",
        Naming(
            r"(?P<emotion>neutral|smiling)_front/(?P<subject>[^/_]+)_[^/]*\.jpg",
            "neutral_front/001_03.jpg",
            {"neutral": "neutral", "smiling": "happiness"},
            files="*_front/*.jpg",
            either_case=False,
            traits=london.traits,
        ),
    ),
    # Portraits to be animated: one of each person, hardly any expression.
    "young-adults": DataSet(
        SetInfo(
            name="Young Adult White Faces",
            terms=Terms(Use.ANY, "CC BY 4.0", licence="CC BY 4.0"),
            citation="DeBruine, Jones 2017, Young Adult White Faces with Manipulated Versions, "
            "doi:10.6084/m9.figshare.4220517",
        ),
        "open/canada",
        Naming(r"(?P<subject>\d{3}[fm])\.jpg", "003f.jpg", files="*.jpg", either_case=False),
    ),
    "composites": DataSet(
        SetInfo(
            name="Averaged faces of webmorphR",
            terms=Terms(Use.ANY, "CC BY 4.0", licence="CC BY 4.0"),
            citation="DeBruine 2016, Average faces, doi:10.6084/m9.figshare.4055130",
        ),
        "open/composite",
        Naming(r"(?P<subject>[fm]_[a-z]+)\.jpg", "f_multi.jpg", files="*.jpg", either_case=False),
    ),
    "cc0": DataSet(
        SetInfo(
            name="CC0 portraits",
            terms=Terms(Use.ANY, "CC0 1.0"),
            citation="100 portraits of photographers at pexels.com, dedicated to the public domain",
        ),
        "open/cc0",
        Naming(r"(?P<subject>\d{3})\.jpg", "001.jpg", files="*.jpg", either_case=False),
    ),
    # Labeled Faces in the Wild: a folder a person; identities, no emotions.
    "lfw": DataSet(
        SetInfo(
            name="LFW",
            terms=Terms(
                Use.RESEARCH,
                "public benchmark of news photographs, no licence stated: research only",
            ),
            citation="Huang, Ramesh, Berg, Learned-Miller 2007, Labeled Faces in the Wild",
        ),
        "lfw",
        Naming(
            r"(?P<subject>[^/]+)/[^/]+\.jpg",
            "Ada_Example/Ada_Example_0001.jpg",
            files="*/*.jpg",
            either_case=False,
        ),
    ),
    # 70 people, in a folder each or flat: session (A or B), person (F or M and a number), emotion,
    # angle, as kdef.se describes it. Of the five angles the one from the front (S, straight), for
    # which the face detector is made; HL, HR, FL and FR are half and full profiles.
    "kdef": DataSet(
        SetInfo(
            name="KDEF",
            terms=_SCIENCE,
            citation="Lundqvist, Flykt, Öhman 1998, The Karolinska Directed Emotional Faces, "
            "ISBN 91-630-7164-9",
        ),
        "kdef",
        Naming(
            r"(?P<session>[AB])(?P<subject>[FM]\d\d)(?P<emotion>NE|HA|SA|SU|AN|DI|AF)S\.jpe?g",
            "AF01ANS.JPG",
            _TWO_LETTERS | {"AF": "fear"},
        ),
    ),
    # Frames of films of 24 actors. The seven fields are modality, channel, emotion, intensity,
    # statement, repetition and actor (the naming convention at zenodo.org/records/1188976);
    # whatever follows them names the frame. A clip is a session, and its two modalities with a
    # picture are one recording. `calm` (02) was recorded as a second baseline next to `neutral`
    # (01), which at times looks negative, and may look mildly positive (Livingstone, Russo 2018):
    # another expression, so it has no emotion here.
    "ravdess": DataSet(
        SetInfo(
            name="RAVDESS",
            terms=Terms(Use.RESEARCH, "CC BY-NC-SA 4.0", licence="CC BY-NC-SA 4.0"),
            citation="Livingstone, Russo 2018, The Ryerson Audio-Visual Database of Emotional "
            "Speech and Song, doi:10.1371/journal.pone.0196391",
        ),
        "ravdess",
        Naming(
            r"0[1-3]-(?P<session>0[12]-(?P<emotion>0[1-8])-0[12]-0[12]-0[12])-(?P<subject>\d\d)"
            rf"(?:\D[^/]*)?{IMAGE}",
            "03-01-06-01-02-01-12-0040.jpg",
            {
                "01": "neutral",
                "03": "happiness",
                "04": "sadness",
                "05": "anger",
                "06": "fear",
                "07": "disgust",
                "08": "surprise",
            },
        ),
    ),
    # Frames of films of 91 actors: actor, sentence, intended emotion and its level (LO, MD, HI, XX
    # unspecified), as github.com/CheyneyComputerScience/CREMA-D names its clips; whatever follows
    # them names the frame. A clip is a session. There is no surprise.
    "crema-d": DataSet(
        SetInfo(
            name="CREMA-D",
            terms=Terms(Use.ANY, "Open Database License 1.0", licence="Open Database License 1.0"),
            citation="Cao, Cooper, Keutmann, Gur, Nenkova, Verma 2014, CREMA-D, "
            "doi:10.1109/TAFFC.2014.2336244",
        ),
        "crema-d",
        Naming(
            r"(?P<subject>1\d{3})_"
            rf"(?P<session>[A-Z]{{3}}_(?P<emotion>{'|'.join(_CREMA_D)})_(?:LO|MD|HI|XX?))"
            rf"(?:[^A-Z/][^/]*)?{IMAGE}",
            "1001_DFA_ANG_XX-0040.jpg",
            _CREMA_D,
        ),
    ),
    # 55,767 renderings of six cartoon characters, as the publisher's FERG_DB_256 has them
    # (grail.cs.washington.edu/projects/deepexpr).
    "ferg": DataSet(
        SetInfo(
            name="FERG-DB",
            terms=Terms(
                Use.RESEARCH,
                "research use, on request from its authors, no redistribution of the images",
            ),
            citation="Aneja, Colburn, Faigin, Shapiro, Mones 2016, Modeling stylized character "
            "expressions via deep learning",
        ),
        "ferg",
        Naming(
            rf"(?P<subject>[A-Z]+)_(?P<emotion>{'|'.join(_FERG)})_\d+\.png",
            "aia/aia_anger/aia_anger_12.png",
            _FERG,
        ),
    ),
}
