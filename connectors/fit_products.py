"""Names of devices that are newer than the profile inside fitparse (SDK 20.8, March 2019).

Source: the FIT SDK's Profile.xlsx, types `garmin_product` (what is worn while running, in lower case) and
`manufacturer`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

# The formatter would give every name its own line.
# fmt: off
GARMIN_PRODUCTS: Final[Mapping[int, str]] = {
    2158: "fr735xt", 2187: "d2airvenu", 2271: "vivo_smart2", 2293: "fenix3_japan", 2294: "vivo_smart_emea",
    2310: "fr630_asia", 2311: "fr630_jpn", 2313: "fr230_jpn", 2332: "epix_japan", 2361: "vivo_smart_hr_asia",
    2362: "vivo_smart_gps_hr_asia", 2396: "fr235_asia", 2397: "fr235_japan", 2407: "fenix3_korea", 2408: "fenix3_sea",
    2457: "epix_korea", 2473: "fenix3_hr_chn", 2474: "fenix3_hr_twn", 2475: "fenix3_hr_jpn", 2476: "fenix3_hr_sea",
    2477: "fenix3_hr_kor", 2497: "vivo_active_hr_apac", 2503: "fr35", 2533: "fr735xt_apac", 2534: "fr735xt_japan",
    2622: "vivo_smart3", 2623: "vivo_sport", 2650: "fr35_hebrew", 2656: "approach_s60", 2667: "fr35_apac",
    2668: "fr35_japan", 2675: "fenix3_chronos_asia", 2700: "vivoactive3", 2727: "fr35_sea", 2733: "fr235_china_nfc",
    2769: "foretrex_601_701", 2772: "vivo_move_hr", 2796: "fenix5_asia", 2797: "fenix5s_asia", 2798: "fenix5x_asia",
    2814: "fr35_korea", 2819: "d2charlie", 2831: "vivo_smart3_apac", 2832: "vivo_sport_apac", 2833: "fr935_asia",
    2859: "descent", 2878: "vivo_fit4", 2886: "fr645", 2888: "fr645m", 2891: "fr30", 2900: "fenix5s_plus",
    2927: "vivosmart_4", 2945: "vivo_move_hr_asia", 2977: "fr30_asia", 2988: "vivoactive3m_w", 3003: "fr645_asia",
    3004: "fr645m_asia", 3028: "gpsmap66", 3049: "approach_s10", 3066: "vivoactive3m_l", 3076: "fr245",
    3077: "fr245_music", 3110: "fenix5_plus", 3111: "fenix5x_plus", 3113: "fr945", 3126: "instinct_esports",
    3134: "fenix5s_plus_apac", 3135: "fenix5x_plus_apac", 3143: "descent_t1", 3144: "fr235l_asia", 3145: "fr245_asia",
    3163: "vivo_active3m_apac", 3218: "vivo_smart4_asia", 3224: "vivoactive4_small", 3225: "vivoactive4_large",
    3226: "venu", 3246: "marq_driver", 3247: "marq_aviator", 3248: "marq_captain", 3249: "marq_commander",
    3250: "marq_expedition", 3251: "marq_athlete", 3258: "descent_mk2", 3282: "fr45", 3284: "gpsmap66i",
    3287: "fenix6s_sport", 3288: "fenix6s", 3289: "fenix6_sport", 3290: "fenix6", 3291: "fenix6x",
    3308: "vivo_move3_premium", 3314: "approach_s40", 3321: "fr245m_asia", 3378: "vivo_move3",
    3387: "vivo_active4_small_asia", 3388: "vivo_active4_large_asia", 3389: "vivo_active4_oled_asia", 3405: "swim2",
    3420: "marq_driver_asia", 3421: "marq_aviator_asia", 3422: "vivo_move3_asia", 3441: "fr945_asia",
    3446: "vivo_active3t_chn", 3448: "marq_captain_asia", 3449: "marq_commander_asia", 3450: "marq_expedition_asia",
    3451: "marq_athlete_asia", 3466: "instinct_solar", 3469: "fr45_asia", 3473: "vivoactive3_daimler",
    3498: "legacy_rey", 3499: "legacy_darth_vader", 3500: "legacy_captain_marvel", 3501: "legacy_first_avenger",
    3512: "fenix6s_sport_asia", 3513: "fenix6s_asia", 3514: "fenix6_sport_asia", 3515: "fenix6_asia",
    3516: "fenix6x_asia", 3535: "legacy_captain_marvel_asia", 3536: "legacy_first_avenger_asia",
    3537: "legacy_rey_asia", 3538: "legacy_darth_vader_asia", 3542: "descent_mk2s", 3589: "fr745",
    3596: "venusq_music", 3599: "venusq_music_v2", 3600: "venusq", 3615: "lily", 3624: "marq_adventurer",
    3638: "enduro", 3639: "swim2_apac", 3648: "marq_adventurer_asia", 3652: "fr945_lte", 3702: "descent_mk2_asia",
    3703: "venu2", 3704: "venu2s", 3737: "venu_daimler_asia", 3739: "marq_golfer", 3740: "venu_daimler",
    3794: "fr745_asia", 3809: "lily_asia", 3823: "approach_s12", 3837: "venusq_asia", 3850: "marq_golfer_asia",
    3851: "venu2_plus", 3869: "fr55", 3872: "enduro_asia", 3888: "instinct_2", 3889: "instinct_2s", 3905: "fenix7s",
    3906: "fenix7", 3907: "fenix7x", 3908: "fenix7s_apac", 3909: "fenix7_apac", 3910: "fenix7x_apac",
    3930: "descent_mk2s_asia", 3934: "approach_s42", 3943: "epix_gen2", 3944: "epix_gen2_apac", 3949: "venu2s_asia",
    3950: "venu2_asia", 3978: "fr945_lte_asia", 3982: "vivo_move_sport", 3983: "vivomove_trend",
    3986: "approach_s12_asia", 3990: "fr255_music", 3991: "fr255_small_music", 3992: "fr255", 3993: "fr255_small",
    4002: "approach_s42_asia", 4005: "descent_g1", 4017: "venu2_plus_asia", 4024: "fr955", 4033: "fr55_asia",
    4063: "vivosmart_5", 4071: "instinct_2_asia", 4105: "marq_gen2", 4115: "venusq2", 4116: "venusq2music",
    4124: "marq_gen2_aviator", 4125: "d2_air_x10", 4132: "descent_g1_asia", 4135: "tactix7",
    4155: "instinct_crossover", 4222: "descent_mk3", 4223: "descent_mk3i", 4233: "approach_s70", 4257: "fr265_large",
    4258: "fr265_small", 4260: "venu3", 4261: "venu3s", 4312: "epix_gen2_pro_42", 4313: "epix_gen2_pro_47",
    4314: "epix_gen2_pro_51", 4315: "fr965", 4341: "enduro2", 4374: "fenix7s_pro_solar", 4375: "fenix7_pro_solar",
    4376: "fenix7x_pro_solar", 4380: "lily2", 4394: "instinct_2x", 4426: "vivoactive5", 4432: "fr165",
    4433: "fr165_music", 4442: "descent_t2", 4472: "marq_gen2_commander", 4477: "lily_athlete", 4532: "fenix8_solar",
    4533: "fenix8_solar_large", 4534: "fenix8_small", 4536: "fenix8", 4556: "d2_mach1_pro", 4575: "enduro3",
    4583: "instincte_40mm", 4584: "instincte_45mm", 4585: "instinct3_solar_45mm", 4586: "instinct3_amoled_45mm",
    4587: "instinct3_amoled_50mm", 4588: "descent_g2", 4625: "vivoactive6", 4666: "fenix_e",
    4759: "instinct3_solar_50mm", 4775: "tactix8_amoled", 4776: "tactix8_solar",
}

MANUFACTURERS: Final[Mapping[int, str]] = {
    41: "shimano", 125: "nci_technology", 126: "iqsquare", 127: "leomo", 128: "ifit_com", 129: "coros_byte",
    130: "versa_design", 131: "chileaf", 132: "cycplus", 133: "gravaa_byte", 134: "sigeyi", 135: "coospo",
    136: "geoid", 137: "bosch", 138: "kyto", 139: "kinetic_sports", 140: "decathlon_byte", 141: "tq_systems",
    142: "tag_heuer", 143: "keiser_fitness", 144: "zwift_byte", 145: "porsche_ep", 146: "blackbird",
    147: "meilan_byte", 148: "ezon", 149: "laisi", 150: "myzone", 151: "abawo", 152: "bafang",
    153: "luhong_technology", 294: "coros", 295: "virtugo", 296: "velosense", 297: "cycligentinc", 298: "trailforks",
    299: "mahle_ebikemotion", 300: "nurvv", 301: "microprogram", 302: "zone5cloud", 303: "greenteg",
    304: "yamaha_motors", 305: "whoop", 306: "gravaa", 307: "onelap", 308: "monark_exercise", 309: "form",
    310: "decathlon", 311: "syncros", 312: "heatup", 313: "cannondale", 314: "true_fitness", 315: "rgt_cycling",
    316: "vasa", 317: "race_republic", 318: "fazua", 319: "oreka_training", 320: "lsec", 321: "lululemon_studio",
    322: "shanyue", 323: "spinning_mda", 324: "hilldating", 325: "aero_sensor", 326: "nike", 327: "magicshine",
    328: "ictrainer", 329: "absolute_cycling", 330: "eo_swimbetter", 331: "mywhoosh", 332: "ravemen",
    333: "tektro_racing_products", 334: "darad_innovation_corporation", 335: "cycloptim",
}
# fmt: on
