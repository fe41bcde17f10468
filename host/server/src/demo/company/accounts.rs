//! Who buys: chains with branches, distributors with resellers below them, and shops on their own.

use std::collections::BTreeMap;

use domain::account::{NewAccount, NewContact};

use super::Size;
use super::chance::Chance;

/// An account and how it buys.
#[derive(Debug)]
pub struct Customer {
    pub account: NewAccount,
    /// How much it buys beside the others.
    pub weight: i64,
    /// Percent off the list.
    pub discount: i64,
    /// Numbers of the resellers whom it has delivered to.
    pub delivers_to: Vec<String>,
}

const FAMILIES: [&str; 30] = [
    "Lindholm",
    "Marchetti",
    "Brandt",
    "Delacroix",
    "Novak",
    "Ferreira",
    "Kowalski",
    "Jansen",
    "Byrne",
    "Castellano",
    "Hoffmann",
    "Laurent",
    "Virtanen",
    "Moreau",
    "Bianchi",
    "Keller",
    "Sørensen",
    "Vermeulen",
    "Ortega",
    "Dvorak",
    "Fournier",
    "Bauer",
    "Santos",
    "Nilsson",
    "Rossi",
    "Peeters",
    "Murphy",
    "Wagner",
    "Costa",
    "Zielinska",
];
const CHAINS: [&str; 4] = ["Coffee Houses", "Hotels", "Kitchens", "Department Stores"];
const SHOPS: [&str; 5] = ["Espresso", "Catering", "Barista Supply", "Office Coffee", "Kitchenware"];
const SEGMENTS: [&str; 4] = ["hospitality", "retail", "office", "public"];
const PEOPLE: [&str; 16] = [
    "Ada", "Bruno", "Clara", "David", "Elena", "Felix", "Greta", "Hugo", "Ines", "Jonas", "Karin", "Luca", "Marta",
    "Nils", "Olga", "Pavel",
];
const ROLES: [&str; 3] = ["purchasing", "finance", "marketing"];
/// Country, region, cities.
const PLACES: [(&str, &str, [&str; 7]); 6] = [
    (
        "DE",
        "central",
        [
            "Hamburg",
            "Köln",
            "Leipzig",
            "München",
            "Bremen",
            "Stuttgart",
            "Dresden",
        ],
    ),
    (
        "FR",
        "west",
        [
            "Lyon",
            "Lille",
            "Nantes",
            "Bordeaux",
            "Strasbourg",
            "Rennes",
            "Toulouse",
        ],
    ),
    (
        "NL",
        "west",
        [
            "Utrecht",
            "Rotterdam",
            "Groningen",
            "Eindhoven",
            "Breda",
            "Zwolle",
            "Delft",
        ],
    ),
    (
        "IT",
        "south",
        ["Torino", "Bologna", "Verona", "Genova", "Bari", "Padova", "Trieste"],
    ),
    (
        "SE",
        "north",
        ["Göteborg", "Malmö", "Uppsala", "Örebro", "Lund", "Umeå", "Västerås"],
    ),
    (
        "PL",
        "east",
        ["Gdańsk", "Kraków", "Poznań", "Wrocław", "Łódź", "Lublin", "Katowice"],
    ),
];

/// The accounts, each parent before those below it, and the people at them.
pub fn customers(chance: &mut Chance, size: Size) -> (Vec<Customer>, Vec<NewContact>) {
    let (chains, distributors, shops) = match size {
        Size::Full => (10, 5, 10),
        Size::Small => (2, 1, 4),
    };
    let mut customers: Vec<Customer> = Vec::new();
    let mut families = FAMILIES.iter().cycle();
    let mut family = || *families.next().unwrap_or(&FAMILIES[0]);
    for _ in 0..chains {
        let (place, segment) = (chance.one_of(&PLACES), *chance.one_of(&SEGMENTS));
        let name = format!("{} {}", family(), chance.one_of(&CHAINS));
        let head = add(&mut customers, chance, &name, None, place, ["headquarters", segment]);
        let branches = chance.between(4, 6) as usize;
        for city in &place.2[..branches] {
            add(
                &mut customers,
                chance,
                &format!("{name}, {city}"),
                Some(&head),
                place,
                ["branch", segment],
            );
        }
    }
    for _ in 0..distributors {
        let place = chance.one_of(&PLACES);
        let distributor = add(
            &mut customers,
            chance,
            &format!("{} Distribution", family()),
            None,
            place,
            ["distributor", "trade"],
        );
        let at = customers.len() - 1;
        for reseller in 0..chance.between(8, 10) as usize {
            let segment = *chance.one_of(&SEGMENTS);
            let name = format!(
                "{} {}",
                place.2[reseller % place.2.len()],
                SHOPS[reseller % SHOPS.len()]
            );
            let number = add(
                &mut customers,
                chance,
                &name,
                Some(&distributor),
                place,
                ["reseller", segment],
            );
            customers[at].delivers_to.push(number);
        }
    }
    for _ in 0..shops {
        let (place, segment) = (chance.one_of(&PLACES), *chance.one_of(&SEGMENTS));
        let name = format!("{} {}", family(), chance.one_of(&SHOPS));
        add(&mut customers, chance, &name, None, place, ["independent", segment]);
    }
    let contacts = customers
        .iter()
        .flat_map(|customer| contacts(chance, &customer.account))
        .collect();
    (customers, contacts)
}

/// Adds an account and answers its number.
fn add(
    customers: &mut Vec<Customer>,
    chance: &mut Chance,
    name: &str,
    parent: Option<&str>,
    place: &(&str, &str, [&str; 7]),
    [sort, segment]: [&str; 2],
) -> String {
    let weight = match sort {
        "distributor" => chance.between(45, 90),
        "branch" => chance.between(5, 20),
        "independent" => chance.between(4, 15),
        _ => chance.between(1, 4),
    };
    let (tier, discount) = match weight {
        ..=5 => ("bronze", 5),
        6..=14 => ("silver", 10),
        _ => ("gold", 15),
    };
    let number = format!("C{:04}", 1_001 + customers.len());
    let (country, region, _) = place;
    let attributes = [
        ("type", sort),
        ("segment", segment),
        ("tier", tier),
        ("country", *country),
        ("region", *region),
    ];
    let attributes: BTreeMap<String, String> = attributes
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let account = NewAccount {
        number: number.clone(),
        name: name.to_owned(),
        parent: parent.map(str::to_owned),
        attributes,
    };
    customers.push(Customer {
        account,
        weight,
        discount,
        delivers_to: Vec::new(),
    });
    number
}

fn contacts(chance: &mut Chance, account: &NewAccount) -> Vec<NewContact> {
    let people = if account.parent.is_none() {
        chance.between(2, 3)
    } else {
        1
    };
    let first = chance.between(0, PEOPLE.len() as i64 - 1) as usize;
    (0..people as usize)
        .map(|person| {
            let (given, family) = (PEOPLE[(first + person) % PEOPLE.len()], *chance.one_of(&FAMILIES));
            NewContact {
                account: account.number.clone(),
                name: format!("{given} {family}"),
                email: format!("{}@{}.example", given.to_lowercase(), account.number.to_lowercase()),
                role: ROLES[person % ROLES.len()].to_owned(),
            }
        })
        .collect()
}
