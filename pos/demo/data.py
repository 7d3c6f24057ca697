"""The goods and people of the demo shop, Finch & Marlow of Wellbury. All invented; so are the codes.

Barcodes stand in the range 25 that GS1 keeps for a shop's own use, so that none is a real product's; labels with a
price begin with 20, those with a weight with 22, as [pricing] barcode_rules has them.
"""

from __future__ import annotations

#: code | rate in percent | title
TAXES = """
    VAT20 | 20 | VAT 20%
    VAT0  | 0  | VAT 0%
"""

#: name | kind, in the order of the buttons
MODES = """
    Cash       | cash
    Card       | card
    Gift Voucher | voucher
    On account | account
    Other      | other
"""

#: code | name | group | phone | email
CUSTOMERS = """
    Walk-in Customer | Walk-in Customer   | Individual | |
    C-0001           | Amelia Hartwell    | Individual | 01632 960101 | amelia.hartwell@example.com
    C-0002           | Jonah Pemberton    | Individual | 01632 960102 | jonah.pemberton@example.com
    C-0003           | Samira Oyelaran    | Individual | 01632 960103 | samira.oyelaran@example.com
    C-0004           | Wellbury Amateur Dramatics | Company | 01632 960104 | wardrobe@example.org
    C-0005           | Broadgate Primary School   | Company | 01632 960105 | office@example.org
"""

#: code | name | role
PEOPLE = """
    101 | Priya Nair   | manager
    102 | Tom Ashdown  | supervisor
    103 | Ines Calloway | cashier
    104 | Ruth Marlow  | admin
"""

#: group | code | name | brand | tax | price | first attribute: its values | second attribute: its values
TEMPLATES = """
    Boots    | HB-2041 | Harrow Chelsea boot     | Harrow   | VAT20 | 89.00  | Colour: Brown, Dark brown, Black, Oxblood | Size: UK 6-11
    Boots    | RW-1180 | Ridge walking boot      | Ridge    | VAT20 | 119.00 | Colour: Brown, Slate                      | Size: UK 5-10
    Boots    | AA-3075 | Alder ankle boot        | Alder    | VAT20 | 75.00  | Colour: Brown suede, Black                | Size: UK 3-8
    Shoes    | BO-2210 | Broadgate Oxford shoe   | Harrow   | VAT20 | 95.00  | Colour: Black, Oxblood                    | Size: UK 6-11
    Shoes    | QL-2330 | Quay loafer             | Alder    | VAT20 | 68.00  | Size: UK 5-9                              |
    Trainers | FC-4010 | Fen canvas trainer      | Fenland  | VAT20 | 42.50  | Colour: White, Navy                       | Size: UK 4-9
    Trainers | TT-4150 | Towpath running trainer | Ridge    | VAT20 | 84.00  | Size: UK 6-11                             |
    Children | PW-5039 | Pip winter boot         | Pip      | VAT0  | 39.50  | Colour: Brown, Navy                       | Size: child 8-13
    Children | PS-5034 | Pip school shoe         | Pip      | VAT0  | 34.00  | Width: F, G                               | Size: child 10-13
    Knitwear | FJ-6054 | Fenland merino jumper   | Fenland  | VAT20 | 54.00  | Colour: Navy, Oatmeal                     | Size: S, M, L, XL
    Knitwear | KC-6110 | Kersey cable cardigan   | Kersey   | VAT20 | 72.00  | Size: S, M, L, XL                         |
    Shirts   | WO-7045 | Wellbury Oxford shirt   | Marlow   | VAT20 | 45.00  | Colour: White, Sky                        | Size: S, M, L, XL, XXL
    Shirts   | MF-7039 | Moor flannel shirt      | Marlow   | VAT20 | 39.95  | Colour: Red check, Green check            | Size: S, M, L, XL
    Trousers | MC-8049 | Marlow chino            | Marlow   | VAT20 | 49.50  | Colour: Stone, Navy                       | Waist: 30, 32, 34, 36
    Trousers | KT-8065 | Kersey corduroy trouser | Kersey   | VAT20 | 65.00  | Waist: 30, 32, 34, 36                     | Leg length: 30, 32
"""

#: code of a variant's template | value of its first attribute | price that differs from the template's
OTHER_PRICES = """
    HB-2041 | Oxblood | 95.00
    FJ-6054 | Oatmeal | 56.50
"""

#: group | code | name | note | brand | tax | price
SINGLES = """
    Boots    | WEL-ADULT  | Fenland wellington       | one pair, UK 7 | Fenland | VAT20 | 38.00
    Boots    | BOOT-DESRT | Dune desert boot         | UK 9           | Alder   | VAT20 | 79.00
    Shoes    | SLIP-FELT  | Felt slipper             | UK 6           | Kersey  | VAT20 | 32.00
    Shoes    | SANDAL-QY  | Quay sandal              | UK 5           | Alder   | VAT20 | 46.00
    Trainers | TR-COURT   | Court trainer, white     | UK 8           | Ridge   | VAT20 | 62.00
    Trainers | TR-SLIPON  | Slip-on trainer, black   | UK 7           | Fenland | VAT20 | 36.00
    Children | PUDDLE-RED | Pip puddle boot, red     | child 9        | Pip     | VAT0  | 18.50
    Children | PUDDLE-YEL | Pip puddle boot, yellow  | child 10       | Pip     | VAT0  | 18.50
    Children | CH-PUMPS   | Pip gym pumps            | child 12       | Pip     | VAT0  | 9.95
    Children | CH-SOCKS   | School socks, 5 pairs    | child 9-12     | Pip     | VAT0  | 8.50
    Children | CH-MITTENS | Wool mittens, child      | one size       | Kersey  | VAT0  | 7.95
    Children | CH-HAT     | Bobble hat, child        | one size       | Kersey  | VAT0  | 9.50
    Knitwear | SCARF-GREY | Lambswool scarf, grey    | 180 cm         | Kersey  | VAT20 | 28.00
    Knitwear | SCARF-RUST | Lambswool scarf, rust    | 180 cm         | Kersey  | VAT20 | 28.00
    Knitwear | BEANIE-NVY | Ribbed beanie, navy      | one size       | Fenland | VAT20 | 16.50
    Knitwear | BEANIE-MOS | Ribbed beanie, moss      | one size       | Fenland | VAT20 | 16.50
    Knitwear | GLOVE-WOOL | Knitted gloves           | one size       | Kersey  | VAT20 | 14.00
    Shirts   | TEE-WHITE  | Heavy T-shirt, white     | M              | Marlow  | VAT20 | 19.95
    Shirts   | TEE-BLACK  | Heavy T-shirt, black     | M              | Marlow  | VAT20 | 19.95
    Shirts   | GRANDAD    | Grandad shirt            | L              | Marlow  | VAT20 | 42.00
    Trousers | BRACES     | Button braces            | adjustable     | Harrow  | VAT20 | 24.00
    Trousers | SHORTS-ST  | Walking shorts           | waist 34       | Ridge   | VAT20 | 35.00
    Extras   | CREAM-BRN  | Boot cream, brown        | 50 ml          | Harrow  | VAT20 | 6.95
    Extras   | CREAM-BLK  | Boot cream, black        | 50 ml          | Harrow  | VAT20 | 6.95
    Extras   | CREAM-NEU  | Boot cream, neutral      | 50 ml          | Harrow  | VAT20 | 6.95
    Extras   | LACE-BRN   | Boot laces, brown        | 140 cm         | Harrow  | VAT20 | 3.50
    Extras   | LACE-BLK   | Boot laces, black        | 140 cm         | Harrow  | VAT20 | 3.50
    Extras   | LACE-SHORT | Shoe laces, black        | 75 cm          | Harrow  | VAT20 | 2.95
    Extras   | SOCK-ANKLE | Ankle socks, 3 pairs     | grey, 6-8      | Fenland | VAT20 | 7.50
    Extras   | SOCK-WALK  | Walking socks            | 6-11           | Ridge   | VAT20 | 12.95
    Extras   | SOCK-BED   | Bed socks                | one size       | Kersey  | VAT20 | 11.00
    Extras   | INSOLE-GEL | Gel insoles              | cut to size    | Alder   | VAT20 | 8.99
    Extras   | INSOLE-WL  | Wool insoles             | cut to size    | Kersey  | VAT20 | 6.50
    Extras   | TREE-CEDAR | Cedar shoe trees         | M              | Harrow  | VAT20 | 22.50
    Extras   | BRUSH-HRS  | Horsehair brush          | 18 cm          | Harrow  | VAT20 | 9.75
    Extras   | BRUSH-SDE  | Suede brush              | brass          | Harrow  | VAT20 | 7.25
    Extras   | CLOTH-POL  | Polishing cloth          | cotton         | Harrow  | VAT20 | 3.95
    Extras   | SPRAY-DRY  | Waterproof spray         | 250 ml         | Ridge   | VAT20 | 10.99
    Extras   | HORN-LONG  | Shoe horn, long          | 45 cm          | Harrow  | VAT20 | 5.50
    Extras   | BELT-BRN   | Leather belt, brown      | 34 in          | Harrow  | VAT20 | 34.00
    Extras   | BELT-BLK   | Leather belt, black      | 34 in          | Harrow  | VAT20 | 34.00
    Extras   | WALLET     | Card wallet              | leather        | Harrow  | VAT20 | 26.00
    Extras   | GLOVE-LTHR | Leather gloves           | M              | Harrow  | VAT20 | 48.00
    Extras   | UMBRELLA   | Folding umbrella         | black          | Marlow  | VAT20 | 17.50
    Extras   | CAP-TWEED  | Tweed cap                | one size       | Kersey  | VAT20 | 36.00
    Extras   | HANKIES    | Cotton handkerchiefs     | pack of 3      | Marlow  | VAT20 | 9.00
    Extras   | BAG-SHOE   | Shoe bag, drawstring     | cotton         | Marlow  | VAT20 | 4.25
    Extras   | HEELGRIP   | Heel grips               | one pair       | Alder   | VAT20 | 4.95
"""

#: code | name | note | unit | tax | price, empty = typed by the cashier | label prefix and item digits | features
SPECIALS = """
    BAG     | Carrier bag             | paper       | Nos | VAT20 | 0.10  |         | uncounted
    GIFT-VOUCHER | Gift voucher        |             | Nos | VAT0  |       |         | uncounted open
    SUNDRY  | Repair / sundry         |             | Nos | VAT20 |       |         | uncounted open
    WAX     | Boot wax, loose         | beeswax     | Kg  | VAT20 | 18.00 | 2010001 | weighed
    OFFCUTS | Leather offcuts         | by weight   | Kg  | VAT20 | 12.50 | 2210002 | weighed
"""
