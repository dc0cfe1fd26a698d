"""What people and scanners call the four phases: the names that the recognition benchmark tries.

Each entry holds the descriptions of the pre-contrast, arterial, portal venous and delayed series. They are
written as hospitals write them, not as the recognition would like them.
"""

from __future__ import annotations

Names = tuple[str, str, str, str]

#: Descriptions that say in words which phase they are, by language or vendor.
NAMES: dict[str, Names] = {
    "GE LAVA": ("Ax LAVA PRE", "Ax LAVA +C ART", "Ax LAVA +C PV", "Ax LAVA +C DELAY 3min"),
    "GE LAVA-Flex": (
        "AX LAVA-FLEX MASK", "AX LAVA-FLEX ARTERIAL", "AX LAVA-FLEX PORTAL VENOUS", "AX LAVA-FLEX EQUILIBRIUM"
    ),
    "GE short": ("LAVA C-", "LAVA C+ ART", "LAVA C+ PVP", "LAVA C+ DEL"),
    "GE capitals": ("AX T1 FS PRE GAD", "AX T1 FS ART", "AX T1 FS VENOUS", "AX T1 FS DELAYED 5 MIN"),
    "Siemens VIBE": (
        "t1_vibe_fs_tra_bh_pre", "t1_vibe_fs_tra_bh_arterial", "t1_vibe_fs_tra_bh_venous",
        "t1_vibe_fs_tra_bh_delayed",
    ),
    "Siemens CAIPI": (
        "t1_vibe_caipi_tra_p4_bh_precontrast", "t1_vibe_caipi_tra_p4_bh_late_arterial",
        "t1_vibe_caipi_tra_p4_bh_portalvenous", "t1_vibe_caipi_tra_p4_bh_equilibrium",
    ),
    "Siemens seconds": ("t1_vibe_tra_native", "t1_vibe_tra_20s", "t1_vibe_tra_70s", "t1_vibe_tra_3min"),
    "Siemens underscores": ("T1_VIBE_NC", "T1_VIBE_HAP", "T1_VIBE_PVP", "T1_VIBE_DP_5min"),
    "Philips THRIVE": (
        "THRIVE BH pre", "THRIVE BH arterial", "THRIVE BH portal venous", "THRIVE BH delayed"
    ),
    "Philips mDIXON": (
        "mDIXON-W pre", "mDIXON-W art", "mDIXON-W portal", "mDIXON-W late"
    ),
    "Philips eTHRIVE": ("e-THRIVE_unenhanced", "e-THRIVE_LAP", "e-THRIVE_PVP", "e-THRIVE_EQ"),
    "Canon Quick 3D": ("Quick 3D Pre", "Quick 3D Arterial", "Quick 3D Portal", "Quick 3D Equilibrium"),
    "Fujifilm TIGRE": ("TIGRE plain", "TIGRE arterial phase", "TIGRE portal phase", "TIGRE delayed phase"),
    "United Imaging": ("t1_quick3d_tra_C-", "t1_quick3d_tra_A", "t1_quick3d_tra_V", "t1_quick3d_tra_D"),
    "English words": (
        "T1 fat sat without contrast", "T1 fat sat arterial phase", "T1 fat sat portal venous phase",
        "T1 fat sat delayed phase",
    ),
    "English delays": ("T1 noncon", "T1 post 25 sec", "T1 post 60 sec", "T1 post 180 sec"),
    "English minutes": ("Ax 3D T1 pre", "Ax 3D T1 post 30s", "Ax 3D T1 post 75s", "Ax 3D T1 post 4 min"),
    "English late": ("liver pre Gd", "liver early post Gd ART", "liver PV Gd", "liver late Gd"),
    "German": (
        "t1_vibe_fs_tra_nativ", "t1_vibe_fs_tra_arteriell", "t1_vibe_fs_tra_portalvenös",
        "t1_vibe_fs_tra_spät",
    ),
    "German umlauts spelt": (
        "T1 vor KM", "T1 frueharteriell nach KM", "T1 portalvenoes nach KM", "T1 Spaetphase nach KM"
    ),
    "German words": (
        "T1 ohne Kontrastmittel", "T1 arterielle Phase", "T1 portalvenöse Phase", "T1 Gleichgewichtsphase"
    ),
    "German short": ("VIBE prä KM", "VIBE art. KM", "VIBE venös KM", "VIBE verzögert KM"),
    "French": ("T1 EG 3D sans injection", "T1 EG 3D artériel", "T1 EG 3D portal", "T1 EG 3D tardif"),
    "French words": (
        "LAVA AVANT GADO", "LAVA TEMPS ARTERIEL", "LAVA TEMPS PORTAL", "LAVA TEMPS TARDIF 5MN"
    ),
    "Spanish": ("T1 sin contraste", "T1 fase arterial", "T1 fase portal", "T1 fase tardía"),
    "Spanish words": ("VIBE basal", "VIBE arterial", "VIBE venosa", "VIBE equilibrio"),
    "Italian": ("T1 senza mdc", "T1 fase arteriosa", "T1 fase portale", "T1 fase tardiva"),
    "Italian words": ("THRIVE basale", "THRIVE arteriosa", "THRIVE venosa", "THRIVE equilibrio"),
    "Portuguese": ("T1 sem contraste", "T1 fase arterial", "T1 fase portal", "T1 fase tardia"),
    "Portuguese words": ("VIBE PRÉ", "VIBE ARTERIAL", "VIBE VENOSA", "VIBE EQUILÍBRIO"),
    "Dutch": ("T1 blanco", "T1 arterieel", "T1 portoveneus", "T1 laat"),
    "Dutch words": ("T1 zonder contrast", "T1 arteriële fase", "T1 veneuze fase", "T1 late fase"),
    "Polish": ("T1 bez kontrastu", "T1 faza tętnicza", "T1 faza wrotna", "T1 faza opóźniona"),
    "Polish words": ("T1 przed kontrastem", "T1 tętnicza", "T1 żylna", "T1 późna"),
    "Turkish": ("T1 kontrastsız", "T1 arteriyel faz", "T1 portal venöz faz", "T1 geç faz"),
    "Turkish words": ("T1 prekontrast", "T1 arter", "T1 portal", "T1 geç venöz faz"),
    "Chinese": ("T1 平扫", "T1 动脉期", "T1 门脉期", "T1 延迟期"),
    "Chinese words": ("LAVA 增强前", "LAVA 增强 动脉晚期", "LAVA 增强 门静脉期", "LAVA 增强 平衡期"),
    "Chinese, traditional": ("T1 注射前", "T1 動脈期", "T1 門靜脈期", "T1 延遲期"),
    "Japanese": ("T1 造影前", "T1 動脈相", "T1 門脈相", "T1 平衡相"),
    "Japanese words": ("LAVA 単純", "LAVA 後期動脈相", "LAVA 門脈優位相", "LAVA 後期相"),
    "Korean": ("T1 조영전", "T1 동맥기", "T1 문맥기", "T1 지연기"),
    "Russian": ("T1 нативная", "T1 артериальная фаза", "T1 портальная фаза", "T1 отсроченная фаза"),
    "Russian words": ("T1 без контраста", "T1 артериальная", "T1 венозная", "T1 поздняя"),
    "Ukrainian": ("T1 до контрасту", "T1 артеріальна", "T1 портальна", "T1 відстрочена"),
    "Czech": ("T1 nativní", "T1 arteriální fáze", "T1 portální fáze", "T1 pozdní fáze"),
    "Hungarian": ("T1 natív", "T1 artériás fázis", "T1 portális fázis", "T1 késői fázis"),
    "Swedish": ("T1 före kontrast", "T1 artärfas", "T1 portovenös fas", "T1 senfas"),
    "Danish": ("T1 før kontrast", "T1 arteriel fase", "T1 portovenøs fase", "T1 sen fase"),
    "Norwegian": ("T1 uten kontrast", "T1 arteriell fase", "T1 portovenøs fase", "T1 senfase"),
    "Finnish": ("T1 natiivi", "T1 valtimovaihe", "T1 porttilaskimovaihe", "T1 myöhäisvaihe"),
    "Romanian": ("T1 nativ", "T1 faza arterială", "T1 faza portală", "T1 faza tardivă"),
    "Greek": ("T1 χωρίς σκιαγραφικό", "T1 αρτηριακή φάση", "T1 πυλαία φάση", "T1 καθυστερημένη φάση"),
    "Croatian": ("T1 nativno", "T1 arterijska faza", "T1 portalna faza", "T1 odgođena faza"),
    "Gadoxetate": (
        "VIBE pre Primovist", "VIBE arterial Primovist", "VIBE portal venous Primovist",
        "VIBE transitional Primovist",
    ),
}  # fmt: skip

#: Descriptions that do not say which phase they are.
SILENT_NAMES: dict[str, Names] = {
    "the same for all": ("Ax LAVA", "Ax LAVA", "Ax LAVA", "Ax LAVA"),
    "none": ("", "", "", ""),
    "numbers": ("VIBE dyn 1", "VIBE dyn 2", "VIBE dyn 3", "VIBE dyn 4"),
    "GE Ph": ("Ph1/Ax LAVA", "Ph2/Ax LAVA", "Ph3/Ax LAVA", "Ph4/Ax LAVA"),
    "only contrast": ("T1 pre", "T1 +C", "T1 +C", "T1 +C"),
    "all the words": ("T1 PRE ART PV DEL",) * 4,
    "anonymised": ("anonymous", "anonymous", "anonymous", "anonymous"),
}

#: Names of phases with a word that elsewhere names another kind of series: how the phase was started,
#: displayed or stored, or a number after the letter b.
MIXED_NAMES: dict[str, Names] = {
    "SmartPrep": ("Ax LAVA pre", "Ax LAVA SmartPrep Art", "Ax LAVA PV", "Ax LAVA Delay"),
    "SmartPrep in all": (
        "SmartPrep LAVA Mask", "SmartPrep LAVA Art", "SmartPrep LAVA Ven", "SmartPrep LAVA Late"
    ),
    "Care Bolus": ("VIBE_pre", "CareBolus_art", "VIBE_ven", "VIBE_del"),
    "Care Bolus in two": ("t1_vibe_nativ", "t1_vibe_care bolus_art", "t1_vibe_care bolus_pv", "t1_vibe_late"),
    "BolusTrak": ("THRIVE unenhanced", "BolusTrak THRIVE arterial", "THRIVE portal", "THRIVE equilibrium"),
    "test bolus": ("T1 without contrast", "T1 arterial (after test bolus)", "T1 portal venous", "T1 delayed"),
    "VR": ("VIBE nativ", "VIBE art", "VIBE ven", "VIBE spaet VR"),
    "a letter and a number": ("T1 nativ B 70", "T1 art B 70", "T1 ven 2 B 70", "T1 spät B 70"),
    "b of breath hold": ("LAVA pre b 15", "LAVA art b 15", "LAVA portal b 15", "LAVA delayed b 15"),
    "location": ("LAVA loc 1 pre", "LAVA loc 1 art", "LAVA loc 1 pv", "LAVA loc 1 del"),
    "MIP": ("T1 pre", "T1 art for MIP", "T1 pv", "T1 delayed for MIP"),
    "sub": ("VIBE pre for sub", "VIBE art sub", "VIBE ven", "VIBE delayed"),
    "calibration": ("T1 basal", "T1 arterial cal", "T1 venosa", "T1 tardía"),
    "German": ("T1 ohne KM", "T1 arteriell Bolus", "T1 portalvenös Bolus", "T1 Spätphase MPR"),
    "French": ("T1 sans injection", "T1 artériel test bolus", "T1 portal MPR", "T1 tardif"),
    "Spanish": ("T1 sin contraste", "T1 fase arterial bolus", "T1 fase portal bolus", "T1 fase tardía"),
    "Italian": ("T1 senza mdc", "T1 arteriosa con bolus", "T1 portale VR", "T1 tardiva"),
    "Chinese": ("T1 平扫", "T1 动脉期 SmartPrep", "T1 门脉期", "T1 延迟期 VR"),
    "Japanese": ("T1 造影前", "T1 動脈相 bolus", "T1 門脈相", "T1 平衡相 MPR"),
    "Russian": ("T1 нативная", "T1 артериальная bolus", "T1 портальная", "T1 отсроченная MPR"),
}  # fmt: skip
