"""What the words of a series description say about its phase, in the languages that scanners speak.

Words are compared as whole tokens, without case, accents and umlauts (``ae`` and ``a`` alike).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace

from MTINetLib.study.phase import Phase


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TOKENS: dict[Phase, frozenset[str]] = {
    Phase.PRE: _set(
        "pre precontrast precon precm prekm pregd pregad prekontrast pra prae prakm praekm native nativ "
        "nativo nativa natif natifs nativna nativni nativno natiivi unenhanced noncontrast noncon "
        "nonenhanced nocontrast nc plain baseline basal basale blanco mask kontrastsiz"
    ),
    Phase.ARTERIAL: _set(
        "art arterial arteriell arterielle arterieel arteriele arteriel arteriosa arterioso arteriale "
        "arteriala arterias arterialni arteriyel arter artarfas arteriefase ea la hap lap eap tetnicza "
        "arterijska artphase earlyart lateart frueharteriell fruharteriell spatarteriell spaetarteriell "
        "valtimovaihe valtimofaasi"
    ),
    Phase.PORTAL_VENOUS: _set(
        "pv pvp port portal portale portala portalna portalni portalis portalvenous portalven portalvenos "
        "portalvenoes portovenos portovenoes portovenous portovenosa portoveneus portvenous portven portv "
        "venous ven venos venoes venoz venose venoese veneux veineux veineuse venosa venoso veneus "
        "veneuze portaal porto portalvenose portalvenoese pvphase wrotna zylna portalvein portafas "
        "porttilaskimovaihe laskimovaihe"
    ),
    Phase.DELAYED: _set(
        "del delay delayed dly late eq equi equil equilibrium equilibre equilibrio spat spaet spate "
        "spaete tardif tardive tardia tardio tardiv tardiva tardivo laat verzogert verzoegert "
        "gleichgewicht gleichgewichtsphase retard retardada interstitial opozniona pozna pozdni odlozena "
        "odgodena kasna transitional spatphase spaetphase gec kesoi senfas senfase sen myohaisvaihe"
    ),
}
#: Letters that have no accent to take off.
_PLAIN_LETTERS = str.maketrans({"ı": "i", "ø": "oe", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe"})


def plain_text(text: str) -> str:
    """Lower case without accents; underscores and other separators stay for the token patterns."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(character for character in decomposed if not unicodedata.combining(character))
    return kept.translate(_PLAIN_LETTERS).replace("_", " ")


def _anywhere(text: str) -> tuple[str, ...]:
    return tuple(plain_text(word) for word in text.split())


#: Words of languages that are written without spaces or that bend their words, found anywhere in the text.
_ANYWHERE: dict[Phase, tuple[str, ...]] = {
    Phase.PRE: _anywhere("平扫 平掃 造影前 增强前 增強前 注射前 単純 조영전 비조영 нативн бесконтраст"),
    Phase.ARTERIAL: _anywhere("动脉 動脈 동맥 артериал артеріал αρτηριακ"),
    Phase.PORTAL_VENOUS: _anywhere(
        "门脉 門脈 门静脉 門靜脈 静脉期 靜脈期 문맥 портал венозн портовеноз πυλαι"
    ),
    Phase.DELAYED: _anywhere(
        "延迟 延遲 遅延 平衡 后期相 後期相 延时 지연 отсрочен поздн відстрочен пізн καθυστερημεν"
    ),
}
_PRE_PHRASES = re.compile(
    r"\b(?:non?|without|w/?o|ohne|before|prior to|vor|prae?|pre|sin|sem|sans|senza|avant|antes(?: de| do)?"
    r"|prima|bez|przed|pred|zonder|voor|uten|uden|utan|fore|foer|innan|ilman)[ -]*"
    r"(?:c|con|contrast\w*|gd|gad\w*|km|kontrast\w*|enh\w*|mdc|injection|produit|iv)\b"
    r"|(?:без|до) ?контраст|(?:χωρισ|προ) ?σκιαγραφικο"
    r"|(?<![a-z0-9])c-(?![a-z0-9])"
)
_POST = re.compile(
    r"\+ ?c\b|\bc\+|\bpost\w*|\bgd\b|\bgad\w*|\bkm\b|\bmdc\b|\bnach km|\bce\b|\bdotarem|\bprimovist|\beovist"
    r"|\bprohance|\bmultihance|\bclariscan|\bcontrast\w*|\benhanced\b|造影後|增强|增強"
)
_DYNAMIC = _set("dyn dynamic dynamics dynamisch dynamique dinamico dinamica dce multiphase mphase")
_HEPATOBILIARY = _set(
    "hbp hep hepatobiliary hepatobiliar hepatobiliaer hepatobiliare hepatospecific hb hepatocyte"
)
_SECONDS = re.compile(r"(?<![\d.])(\d{2,3})[ _]?(?:s|sec|secs|sek|seg|seconds)\b")
_MINUTES = re.compile(r"(?<![\d.])(\d{1,2})[ _]?(?:m|mn|min|mins|minutes|minuten)\b")


@dataclass(frozen=True)
class Words:
    """What a description says.

    ``phase`` is the one phase that it names (None if none or several), ``word`` the word that named it;
    ``post`` says contrast was given, ``dynamic`` that several phases are inside, ``hepatobiliary`` that
    it is a phase of 10 minutes or later and ``late_word`` by which word; ``arterial_order`` is -1 for early,
    1 for late arterial.
    """

    phase: Phase | None = None
    word: str = ""
    post: bool = False
    dynamic: bool = False
    hepatobiliary: bool = False
    arterial_order: int = 0
    late_word: str = ""

    def among(self, phases: Sequence[Phase]) -> Words:
        """The same where these phases are told apart: some are only named where they are looked for."""
        if self.hepatobiliary and Phase.HEPATOBILIARY in phases:
            return replace(self, phase=Phase.HEPATOBILIARY, word=self.late_word, hepatobiliary=False)
        if self.phase is Phase.ARTERIAL and self.arterial_order < 0 and Phase.EARLY_ARTERIAL in phases:
            return replace(self, phase=Phase.EARLY_ARTERIAL)
        return self


def tokens_of(text: str) -> list[str]:
    """Tokens of letters, cut at digits and signs."""
    return re.findall(r"[^\W\d_]+", plain_text(text))


def read_words(text: str, ignored: frozenset[str] = frozenset()) -> Words:
    """Read a description; ``ignored`` tokens say nothing because every series has them."""
    plain = plain_text(text)
    tokens = [token for token in tokens_of(text) if token not in ignored]
    named = _named(plain, tokens)
    late = any(
        token in ("late", "spat", "spaet", "tardif", "tardive", "tardia", "laat", "gec") for token in tokens
    )
    early = any(token in ("early", "fruh", "frueh", "precoce", "ea", "eap") for token in tokens)
    if Phase.ARTERIAL in named and late:
        named.pop(Phase.DELAYED, None)
    late_word = next((token for token in tokens if token in _HEPATOBILIARY), "")
    timed = _timed(plain, ignored)
    if timed is not None and timed[0] is Phase.HEPATOBILIARY:
        late_word = late_word or timed[1]
    elif timed is not None and not named:
        named[timed[0]] = timed[1]
    phase, word = next(iter(named.items())) if len(named) == 1 else (None, "")
    late_arterial = late or "la" in tokens or "lap" in tokens
    return Words(
        phase=None if late_word else phase,
        word=word,
        post=bool(_POST.search(_without_pre_phrases(plain))) and phase is not Phase.PRE,
        dynamic=bool(_DYNAMIC & set(tokens)) or len(named) > 1,
        hepatobiliary=bool(late_word),
        arterial_order=(1 if late_arterial else -1 if early else 0) if phase is Phase.ARTERIAL else 0,
        late_word=late_word,
    )


def _named(plain: str, tokens: list[str]) -> dict[Phase, str]:
    named: dict[Phase, str] = {}
    for phase, words in _TOKENS.items():
        found = [token for token in tokens if token in words]
        found += [word for word in _ANYWHERE[phase] if word in plain]
        if found:
            named[phase] = found[0]
    phrase = _PRE_PHRASES.search(plain)
    if phrase:
        named.setdefault(Phase.PRE, phrase.group().strip())
    return named


def _without_pre_phrases(plain: str) -> str:
    kept = re.sub(r"\bcontrast\w* phase", " ", _PRE_PHRASES.sub(" ", plain))
    for word in _ANYWHERE[Phase.PRE]:
        kept = kept.replace(word, " ")
    return kept


def _timed(plain: str, ignored: frozenset[str]) -> tuple[Phase, str] | None:
    """A phase named by its delay; windows as for extracellular agents (see recognise_times)."""
    for pattern, unit in ((_MINUTES, 60), (_SECONDS, 1)):
        match = pattern.search(plain)
        if match and match.group() not in ignored:
            seconds = int(match.group(1)) * unit
            if seconds >= 600:
                return Phase.HEPATOBILIARY, match.group()
            for phase, (low, high) in _DELAYS.items():
                if low <= seconds <= high:
                    return phase, match.group()
    return None


_DELAYS = {Phase.ARTERIAL: (15, 45), Phase.PORTAL_VENOUS: (55, 100), Phase.DELAYED: (120, 420)}


def delay_words(text: str) -> frozenset[str]:
    """The delays that a text names, such as ``20s``; to find those that every series shares."""
    plain = plain_text(text)
    return frozenset(match.group() for pattern in (_MINUTES, _SECONDS) for match in pattern.finditer(plain))
