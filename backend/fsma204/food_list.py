"""The Food Traceability List as data: its categories, the words by which a food of each is known, in which forms, and what is left out.

The FDA publishes the list with a description of each entry; the entries' examples and exclusions stand here as words, in English and
Chinese. `EXEMPT` is the produce that is rarely eaten raw (21 CFR 112.2(a)(1)), to which the rule doesn't apply (1.1305(e)).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Form(StrEnum):
    """The form in which a food is sold."""

    FRESH = "fresh"
    CUT = "fresh-cut"
    REFRIGERATED = "refrigerated"
    FROZEN = "frozen"
    SHELF_STABLE = "shelf stable at ambient temperature"
    ASEPTIC = "aseptically processed and packaged"
    PRESERVED = "dried, canned, pickled, cooked or otherwise processed"
    SMOKED = "smoked"


@dataclass(frozen=True, slots=True)
class Category:
    """An entry of the list. A food is of it that is called by one of `words`, by none of `never`, and is in none of the forms `without`.

    `needs`: a form that has to be told, for the entry covers that one alone. `produce`: of the farm (1.1325(a)(1)(v)).
    """

    name: str
    words: frozenset[str]
    without: frozenset[Form] = frozenset()
    needs: Form | None = None
    never: frozenset[str] = frozenset()
    never_because: str = ""
    produce: bool = False


def _words(text: str) -> frozenset[str]:
    return frozenset(word.strip() for word in text.replace("\n", " ").split(",") if word.strip())


FORMS: Final[dict[Form, frozenset[str]]] = {
    Form.FROZEN: _words("frozen, iqf, 冷冻, 速冻, 冻"),
    Form.SHELF_STABLE: _words("shelf stable, ambient, 常温"),
    Form.ASEPTIC: _words("aseptically, aseptic, uht, 无菌"),
    Form.SMOKED: _words("smoked, lox, 烟熏"),
    Form.PRESERVED: _words("""dried, dehydrated, freeze dried, canned, tinned, pickled, brined, fermented, cooked, boiled, roasted, fried, powder,
        powdered, ground spice, juice, puree, jam, jelly, preserve, concentrate, paste, sauce, ketchup, salsa, relish, chip, crisp, jerky, liquid,
        flake, oil, extract, syrup, 干, 罐头, 腌, 泡, 卤, 熟, 粉, 汁, 酱, 煮"""),
    Form.CUT: _words("""fresh cut, cut, sliced, diced, chopped, shredded, peeled, trimmed, halved, quartered, chunk, spear, floret, baby cut,
        spiralized, 鲜切, 切片, 切丁"""),
    Form.FRESH: _words("fresh, raw, whole, loose, bunched, 新鲜, 鲜, 生"),
    Form.REFRIGERATED: _words("refrigerated, chilled, cold, 冷藏, 冰鲜"),
}  # fmt: skip
# Words that name a form and none of the food where they stand for the category itself.
_PROCESSED: Final = frozenset({Form.FROZEN, Form.PRESERVED, Form.SHELF_STABLE, Form.ASEPTIC})

EXEMPT: Final = _words("""asparagus, black bean, great northern bean, kidney bean, lima bean, navy bean, pinto bean, garden beet, sugar beet, beet,
    cashew, sour cherry, chickpea, cocoa bean, coffee bean, collard, sweet corn, cranberry, date, dill, eggplant, fig, ginger, horseradish,
    hazelnut, lentil, okra, peanut, pecan, peppermint, potato, pumpkin, winter squash, sweet potato, water chestnut,
    芦笋, 莳萝, 茄子, 生姜, 土豆, 南瓜, 红薯, 秋葵, 马蹄""")  # fmt: skip

CHEESE: Final = _words("""cheese, queso, chevre, mascarpone, ricotta, brie, camembert, feta, mozzarella, taleggio, fontina, muenster, burrata,
    neufchatel, quark, halloumi, havarti, gorgonzola, roquefort, stilton, limburger, provolone, gouda, edam, paneer, cheddar, parmesan, romano,
    pecorino, asiago, gruyere, emmental, colby, manchego, grana padano, parmigiano, 奶酪, 芝士, 干酪""")  # fmt: skip
FRESH_CHEESE: Final = _words("""cottage, chevre, cream cheese, mascarpone, ricotta, queso blanco, queso fresco, queso de crema, queso de puna,
    burrata, neufchatel, quark, farmer cheese, paneer, fresh cheese, soft unripened, fromage frais, 奶油奶酪, 马斯卡彭""")  # fmt: skip
RIPENED_CHEESE: Final = _words("""brie, camembert, feta, mozzarella, taleggio, blue, brick, fontina, monterey jack, muenster, gorgonzola, roquefort,
    stilton, limburger, havarti, soft ripened, semi soft, semisoft, 马苏里拉, 卡芒贝尔""")  # fmt: skip
HARD_CHEESE: Final = _words("""hard, cheddar, parmesan, parmigiano, romano, pecorino, asiago, gruyere, emmental, swiss, colby, caciocavallo,
    manchego, grana padano, provolone, 硬质""")  # fmt: skip
RAW_MILK: Final = _words("unpasteurized, unpasteurised, raw milk, 生乳")

NUTS: Final = _words("""almond, brazil nut, cashew, chestnut, coconut, hazelnut, macadamia, nut, mixed nut, peanut, pecan, pine nut, pistachio,
    walnut, 花生, 杏仁, 腰果, 核桃, 开心果, 榛子, 板栗, 椰子""")  # fmt: skip
NO_NUTS: Final = _words("soy, soybean, soynut, sunflower, sesame, seed, tahini, pumpkin seed, cocoa, shea, apple, 大豆, 芝麻, 葵花籽, 可可")

# A food of which the listed one is an ingredient, so that the form in which that one remains decides.
COMPOSITE: Final = _words("""cookie, cracker, sandwich, pizza, wrap, burrito, soup, filling, dumpling, bar, cake, pie, ice cream, lasagna, ravioli,
    candy, cup, sushi, roll, kit, meal, bowl, bread, bagel, pastry, dip, dressing, 饺, 饼, 馅, 面包, 蛋糕, 包子, 披萨, 糖""")  # fmt: skip

_LEAVES: Final = _words("""leafy green, arugula, baby leaf, chard, chicory, endive, escarole, lettuce, iceberg, romaine, kale, pak choi, bok choy,
    bok choi, sorrel, spinach, watercress, radicchio, mesclun, spring mix, mustard green, mizuna, frisee, butter lettuce, red leaf, green leaf,
    生菜, 菠菜, 芝麻菜, 羽衣甘蓝, 油菜, 小白菜, 西洋菜""")  # fmt: skip
_NO_LEAVES: Final = _words("cabbage, banana leaf, grape leaf, collard, 卷心菜, 葡萄叶, 香蕉叶")
_TREES: Final = "whole head cabbages and the leaves of trees and vines are left out"
_FISH: Final = _words("""finfish, fish, tuna, mahi mahi, mackerel, amberjack, jack, swordfish, yellowtail, sardine, anchovy, bluefish, herring,
    grouper, barracuda, snapper, cod, haddock, pollock, salmon, tilapia, trout, halibut, flounder, sole, seabass, sea bass, hake, perch, whiting,
    carp, eel, monkfish, escolar, marlin, 鱼, 三文鱼, 金枪鱼, 鳕鱼, 带鱼""")  # fmt: skip
_NO_FISH: Final = _words("catfish, basa, swai, siluriformes, fish sauce, fish oil, fish meal, 鲶鱼, 巴沙鱼")
_SALADS: Final = _words("""egg salad, potato salad, pasta salad, seafood salad, tuna salad, crab salad, coleslaw, macaroni salad, deli salad,
    土豆沙拉, 海鲜沙拉, 鸡蛋沙拉""")  # fmt: skip

CATEGORIES: Final = (
    Category("Shell eggs", _words("egg, shell egg, 鸡蛋"), frozenset({Form.FROZEN, Form.PRESERVED}),
             never=_words("duck, quail, goose, ostrich, turkey, eggplant, roe, caviar, egg white, egg yolk, 鸭蛋, 鹌鹑蛋, 鹅蛋, 皮蛋"),
             never_because="a shell egg is the egg of the domesticated chicken, in its shell"),
    Category("Cucumbers (fresh)", _words("cucumber, 黄瓜"), _PROCESSED | {Form.CUT}, Form.FRESH, _words("sea cucumber, 海参"),
             "it is no cucumber", produce=True),
    Category("Herbs (fresh)", _words("""herb, parsley, cilantro, coriander leaf, basil, mint, oregano, thyme, rosemary, sage, chive, tarragon,
             chervil, marjoram, lemongrass, sorrel, dill, peppermint, curry leaf, fenugreek leaf, 香菜, 罗勒, 欧芹, 薄荷, 迷迭香, 莳萝"""),
             _PROCESSED, Form.FRESH, produce=True),
    Category("Leafy greens (fresh-cut)", _LEAVES, _PROCESSED, Form.CUT, _NO_LEAVES, _TREES,
             produce=True),
    Category("Leafy greens (fresh)", _LEAVES, _PROCESSED, Form.FRESH, _NO_LEAVES, _TREES,
             produce=True),
    Category("Melons (fresh)", _words("melon, cantaloupe, honeydew, muskmelon, watermelon, casaba, 甜瓜, 西瓜, 哈密瓜"), _PROCESSED | {Form.CUT},
             Form.FRESH, _words("bitter melon, winter melon, melon seed, 苦瓜, 冬瓜"), "it isn't eaten as a melon", produce=True),
    Category("Peppers (fresh)", _words("pepper, bell pepper, chili, chilli, jalapeno, habanero, serrano, poblano, capsicum, 辣椒, 甜椒, 青椒"),
             _PROCESSED | {Form.CUT}, Form.FRESH, _words("peppercorn, black pepper, white pepper, peppermint, 胡椒"), "it is a spice", produce=True),
    Category("Sprouts (fresh)", _words("""sprout, alfalfa sprout, bean sprout, mung bean sprout, broccoli sprout, clover sprout,
             radish sprout, 豆芽, 芽苗"""), _PROCESSED, Form.FRESH, _words("brussels sprout, brussel sprout, 抱子甘蓝"),
             "Brussels sprouts are no sprouted seeds", produce=True),
    Category("Tomatoes (fresh)", _words("tomato, cherry tomato, grape tomato, roma, 番茄, 西红柿"), _PROCESSED | {Form.CUT}, Form.FRESH,
             _words("tomatillo"), "a tomatillo is no tomato", produce=True),
    Category("Tropical tree fruits (fresh)", _words("""mango, papaya, mamey, guava, lychee, longan, jackfruit, starfruit, rambutan, durian,
             mangosteen, carambola, breadfruit, soursop tree fruit, 芒果, 木瓜, 荔枝, 龙眼, 菠萝蜜, 番石榴, 榴莲, 山竹"""),
             _PROCESSED | {Form.CUT}, Form.FRESH, produce=True),
    Category("Fruits (fresh-cut)", _words("""fruit, apple, pear, pineapple, melon, watermelon, cantaloupe, honeydew, mango, papaya, berry, strawberry,
             grape, orange, citrus, peach, banana, kiwi, fruit cup, 水果, 苹果, 菠萝, 西瓜, 芒果"""), _PROCESSED, Form.CUT, produce=True),
    Category("Vegetables other than leafy greens (fresh-cut)", _words("""vegetable, carrot, celery, broccoli, cauliflower, onion, pepper, cucumber,
             tomato, squash, zucchini, mushroom, radish, cabbage, bean, coleslaw mix, 蔬菜, 胡萝卜, 芹菜, 西兰花, 洋葱, 黄瓜, 番茄"""),
             _PROCESSED, Form.CUT, produce=True),
    Category("Smoked finfish (refrigerated, frozen, and previously frozen)", _FISH, frozenset({Form.SHELF_STABLE, Form.ASEPTIC}), Form.SMOKED),
    Category("Finfish (fresh, frozen, and previously frozen)", _FISH, frozenset({Form.SHELF_STABLE, Form.ASEPTIC, Form.PRESERVED}),
             never=_NO_FISH, never_because="fish of the order Siluriformes are the USDA's, and oil, meal and sauce aren't finfish"),
    Category("Crustaceans (fresh, frozen, and previously frozen)", _words("""shrimp, prawn, crab, lobster, crayfish, crawfish,
             langoustine, krill, 虾, 蟹, 龙虾"""), frozenset({Form.SHELF_STABLE, Form.ASEPTIC, Form.PRESERVED}),
             never=_words("imitation crab, surimi, shrimp paste, crab apple, 虾酱, 蟹棒"),
             never_because="it isn't the crustacean itself"),
    Category("Molluscan shellfish, bivalves (fresh, frozen, and previously frozen)", _words("""oyster, clam, mussel, cockle,
             geoduck, bivalve, scallop, 牡蛎, 生蚝, 蛤, 贻贝, 扇贝"""), frozenset({Form.SHELF_STABLE, Form.ASEPTIC, Form.PRESERVED}),
             never=_words("scallop adductor, adductor muscle, oyster sauce, oyster mushroom, 蚝油, 扇贝柱"),
             never_because="the final product being the shucked adductor muscle of a scallop, or no bivalve, it is left out"),
    Category("Ready-to-eat deli salads (refrigerated)", _SALADS, frozenset({Form.FROZEN, Form.SHELF_STABLE, Form.ASEPTIC}),
             never=_words("chicken salad, ham salad, meat salad, beef salad, turkey salad, 鸡肉沙拉"), never_because="meat salads are left out"),
)  # fmt: skip
NUT_BUTTERS: Final = "Nut butters"
FRESH_CHEESES: Final = "Cheese (made from pasteurized milk), fresh soft or soft unripened"
RIPENED_CHEESES: Final = "Cheese (made from pasteurized milk), soft ripened or semi-soft"
RAW_MILK_CHEESES: Final = "Cheese (made from unpasteurized milk), other than hard cheese"
ALL_CATEGORIES: Final = (FRESH_CHEESES, RIPENED_CHEESES, RAW_MILK_CHEESES, NUT_BUTTERS, *(category.name for category in CATEGORIES))
SPROUTS: Final = "Sprouts (fresh)"
