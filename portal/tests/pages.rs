//! Every page with its sample: the text that a person reads, and what must hold for the markup of each.

use std::collections::HashSet;

use portal::{
    ApprovalsPage, Choice, ClaimPage, ClaimedPart, ClaimsPage, Control, DocumentPage, DocumentsPage, FilingPage,
    FundPage, FundsPage, Input, Line, Outcome, ProgramPage, ProgramsPage, RefusalPage, ReplayFragment, StatementPage,
    Wrong,
};
use scraper::{ElementRef, Html, Selector, node::Node};

fn samples() -> Vec<(&'static str, String)> {
    vec![
        ("programs", ProgramsPage::sample().to_string()),
        ("program", ProgramPage::sample().to_string()),
        ("statement", StatementPage::sample().to_string()),
        ("statement-replayed", StatementPage::sample_replayed().to_string()),
        ("statement-differs", StatementPage::sample_that_differs().to_string()),
        (
            "statement-quarantine",
            StatementPage::sample_in_quarantine().to_string(),
        ),
        ("claims", ClaimsPage::sample().to_string()),
        ("claim", ClaimPage::sample().to_string()),
        ("claim-decided", ClaimPage::sample_decided().to_string()),
        ("claim-held", ClaimPage::sample_held().to_string()),
        ("claim-split", ClaimPage::sample_split().to_string()),
        ("filing", FilingPage::sample().to_string()),
        ("funds", FundsPage::sample().to_string()),
        ("fund", FundPage::sample().to_string()),
        ("approvals", ApprovalsPage::sample().to_string()),
        ("documents", DocumentsPage::sample().to_string()),
        ("document", DocumentPage::sample().to_string()),
        ("refusal", RefusalPage::sample().to_string()),
    ]
}

#[test]
fn pages_say_what_they_should() {
    for (name, page) in samples() {
        insta::assert_snapshot!(name, text(&page));
    }
    insta::assert_snapshot!("replay", text(&ReplayFragment::sample().to_string()));
}

#[test]
fn no_page_has_an_inline_script_style_or_event_handler() {
    for (name, page) in samples() {
        let document = Html::parse_document(&page);
        for element in every_element(&document) {
            let tag = element.value().name();
            assert_ne!(tag, "style", "page `{name}` has a style element");
            if tag == "script" {
                assert!(
                    element.attr("src").is_some_and(|source| source.starts_with("/assets/")),
                    "page `{name}` has an inline script"
                );
                assert!(element.text().all(str::is_empty), "page `{name}` has an inline script");
            }
            for (attribute, value) in element.value().attrs() {
                assert!(
                    attribute != "style" && !attribute.starts_with("on") && !attribute.starts_with("hx-on"),
                    "page `{name}`: `{attribute}` on `{tag}`"
                );
                assert!(
                    !value.trim_start().starts_with("javascript:"),
                    "page `{name}`: `{attribute}` is a script"
                );
            }
        }
    }
}

#[test]
fn every_form_control_has_a_label() {
    for (name, page) in samples() {
        let document = Html::parse_document(&page);
        let labelled: HashSet<_> = select(&document, "label")
            .filter_map(|label| label.attr("for"))
            .collect();
        for control in select(&document, "input:not([type=hidden]), select, textarea") {
            let id = control
                .attr("id")
                .unwrap_or_else(|| panic!("page `{name}` has a control without an id"));
            assert!(labelled.contains(id), "page `{name}`: control `{id}` has no label");
        }
        for button in select(&document, "button") {
            assert!(
                button.text().any(|text| !text.trim().is_empty()),
                "page `{name}` has a button without words"
            );
        }
    }
}

#[test]
fn ids_are_unique_and_what_points_to_one_finds_it() {
    for (name, page) in samples() {
        let document = Html::parse_document(&page);
        let mut ids = HashSet::new();
        for element in select(&document, "[id]") {
            let id = element.attr("id").expect("selected by it");
            assert!(ids.insert(id), "page `{name}` has `{id}` twice");
        }
        for element in every_element(&document) {
            let pointers = [
                element.attr("aria-labelledby"),
                element.attr("for"),
                element.attr("href").and_then(|href| href.strip_prefix('#')),
            ];
            for id in pointers.into_iter().flatten() {
                assert!(ids.contains(id), "page `{name}` points to `{id}`, which is not there");
            }
        }
    }
}

#[test]
fn every_cell_of_a_stacked_table_has_a_role_and_the_name_of_a_column() {
    for (name, page) in samples() {
        let document = Html::parse_document(&page);
        for table in select(&document, "table.stack") {
            let columns: Vec<String> = table
                .select(&selector("thead th"))
                .map(|head| head.text().collect())
                .collect();
            for cell in table.select(&selector("td")) {
                assert_eq!(cell.attr("role"), Some("cell"), "page `{name}`");
                let label = cell.attr("data-label").unwrap_or_default();
                assert!(
                    columns.iter().any(|column| column == label),
                    "page `{name}`: no column is called `{label}`"
                );
            }
        }
    }
}

#[test]
fn pages_link_and_ask_only_on_this_host() {
    for (name, page) in samples() {
        let document = Html::parse_document(&page);
        for element in every_element(&document) {
            for attribute in ["href", "src", "action", "hx-post", "hx-get"] {
                if let Some(address) = element.attr(attribute) {
                    let local = address.starts_with('#') || (address.starts_with('/') && !address.starts_with("//"));
                    assert!(local, "page `{name}`: `{attribute}` leads to `{address}`");
                }
            }
            if let Some(asset) = element
                .attr("href")
                .or(element.attr("src"))
                .and_then(|address| address.strip_prefix("/assets/"))
            {
                let file = asset.split('?').next().expect("split gives at least one part");
                assert!(
                    portal::asset(file).is_some(),
                    "page `{name}` asks for `{file}`, which does not exist"
                );
            }
        }
    }
}

#[test]
fn what_people_typed_cannot_become_markup() {
    let hostile = r#""><script>alert(1)</script>"#;
    let mut program = ProgramPage::sample();
    program.title = hostile.into();
    program.code = hostile.into();
    program.account = Some(hostile.into());
    program.next = Some(hostile.into());
    program.unit.code = hostile.into();
    program.participants[0].name = hostile.into();
    program.participants[1].statement = Some(hostile.into());
    program.participants[3].outcome = Outcome::Held(hostile.into());
    let mut statement = StatementPage::sample();
    statement.id = hostile.into();
    statement.milestones[0].words = hostile.into();
    statement.steps[0].words = hostile.into();
    statement.lines.lines[0] = Line {
        product: hostile.into(),
        document: hostile.into(),
        note: Some(hostile.into()),
        ..statement.lines.lines[0].clone()
    };
    statement.receipt.signature = hostile.into();
    let mut refusal = RefusalPage::sample();
    refusal.detail = hostile.into();
    refusal.advice = vec![hostile.into()];
    let mut document = DocumentPage::sample();
    document.document.name = hostile.into();
    document.document.cancelled_by = Some(hostile.into());
    document.lines[0].program = hostile.into();
    document.payments[0].reason = Some(hostile.into());
    let documents = DocumentsPage {
        account: Some(hostile.into()),
        documents: vec![document.document.clone()],
        next: Some(hostile.into()),
        ..DocumentsPage::sample()
    };
    let mut claim = ClaimPage::sample_decided();
    claim.claim.id = hostile.into();
    claim.fields = vec![(hostile.into(), hostile.into())];
    claim.lines[1].fields = vec![(hostile.into(), hostile.into())];
    claim.lines[1].reasons[0].code = hostile.into();
    claim.files[0].name = hostile.into();
    claim.history[1].words = hostile.into();
    claim.acts.typed = vec![
        ("answer-words".into(), hostile.into()),
        ("line-1".into(), hostile.into()),
    ];
    claim.held = Some(hostile.into());
    claim.moved_from = Some((hostile.into(), hostile.into()));
    claim.lines[0].parts = vec![ClaimedPart {
        treatment: hostile.into(),
        amount: 1,
        moved_to: Some((hostile.into(), hostile.into())),
    }];
    let mut filing = FilingPage::sample();
    filing.code = hostile.into();
    filing.head[0].wrong = Some(hostile.into());
    filing.fields = vec![Control {
        name: format!("/fields/{hostile}"),
        input: Input::Group(vec![Control {
            input: Input::Choice {
                value: hostile.into(),
                options: vec![Choice {
                    value: hostile.into(),
                    label: hostile.into(),
                    help: Some(hostile.into()),
                }],
            },
            ..filing.head[1].clone()
        }]),
        ..filing.head[0].clone()
    }];
    filing.files[0].name = hostile.into();
    filing.problems = vec![Wrong {
        id: None,
        label: Some(hostile.into()),
        message: hostile.into(),
    }];
    let mut approvals = ApprovalsPage::sample();
    approvals.mine[0].name = hostile.into();
    approvals.mine[0].title = hostile.into();
    approvals.typed = Some((hostile.into(), hostile.into()));
    let mut fund = FundPage::sample();
    fund.fund.account = hostile.into();
    fund.movements[0].reason = hostile.into();
    for page in [
        claim.to_string(),
        filing.to_string(),
        approvals.to_string(),
        fund.to_string(),
        program.to_string(),
        statement.to_string(),
        refusal.to_string(),
        document.to_string(),
        documents.to_string(),
    ] {
        let document = Html::parse_document(&page);
        assert_eq!(select(&document, "script").count(), 1, "only the script of the frame");
        assert!(!page.contains("<script>alert"));
        for link in select(&document, "a[href], form[action]") {
            let address = link.attr("href").or(link.attr("action")).expect("selected by it");
            assert!(!address.contains(['"', '<', ' ']), "{address}");
        }
    }
}

#[test]
fn a_list_without_entries_says_what_to_do() {
    let mut programs = ProgramsPage::sample();
    programs.programs.clear();
    assert!(text(&programs.to_string()).contains("gtm program create"));

    let mut documents = DocumentsPage::sample();
    documents.documents.clear();
    assert!(text(&documents.to_string()).contains("gtm settle --folder"));
    documents.account = Some("99999".into());
    assert!(text(&documents.to_string()).contains("There is no document of this account."));

    let mut claims = ClaimsPage::sample();
    claims.claims.clear();
    assert!(text(&claims.to_string()).contains("gtm claim submit fund-2024 ACCOUNT --file FILE"));
    claims.status = Some("held".into());
    assert!(text(&claims.to_string()).contains("No claim of this program is in that state."));

    let mut funds = FundsPage::sample();
    funds.funds.clear();
    assert!(text(&funds.to_string()).contains("gtm fund allocate fund-2024 ACCOUNT AMOUNT"));

    let mut program = ProgramPage::sample();
    program.participants.clear();
    program.account = Some("99999".into());
    let page = text(&program.to_string());
    assert!(
        page.contains("No participant has such an account number.") && page.contains("Show all"),
        "{page}"
    );

    program.period = None;
    assert!(text(&program.to_string()).contains("gtm run volume-2011 --period PERIOD"));
}

#[test]
fn a_deduction_is_decided_in_parts_by_a_command() {
    let mut page = ClaimPage::sample();
    assert!(!text(&page.to_string()).contains("gtm claim split"));
    page.claim.kind = "deduction".into();
    page.written_off = 50_000_000;
    let page = text(&page.to_string());
    assert!(
        page.contains("gtm claim split fund-2024/C-2 decides it in parts"),
        "{page}"
    );
    assert!(page.contains("To be written off | GBP 50.00"), "{page}");
}

#[test]
fn what_was_refused_stands_open() {
    let mut page = ClaimPage::sample();
    let is_open = |page: &ClaimPage| {
        let page = Html::parse_document(&page.to_string());
        select(&page, "details.panel[open] > summary").count() == 1
    };
    assert!(!is_open(&page));
    page.acts.refused = Some("withdraw".into());
    assert!(is_open(&page));
}

#[test]
fn the_next_page_keeps_the_period_and_the_search() {
    let mut page = ProgramPage::sample();
    page.account = Some("123".into());
    page.continued = true;
    let document = page.to_string();
    assert!(
        document.contains("/programs/volume-2011?period=2011-Q1&#38;account=123&#38;after=12353"),
        "{document}"
    );
    assert!(document.contains(r#"href="/programs/volume-2011?period=2011-Q1&#38;account=123""#));
    page.next = None;
    assert!(!page.to_string().contains("Next participants"));
}

fn selector(css: &str) -> Selector {
    Selector::parse(css).expect("the selector is written here")
}

fn select<'a>(document: &'a Html, css: &str) -> impl Iterator<Item = ElementRef<'a>> {
    let found: Vec<_> = document.select(&selector(css)).collect();
    found.into_iter()
}

fn every_element(document: &Html) -> impl Iterator<Item = ElementRef<'_>> {
    document.root_element().descendants().filter_map(ElementRef::wrap)
}

/// What a reader sees, one line for each block; the cells of a row stand on one line.
fn text(page: &str) -> String {
    let mut lines = String::new();
    append(&Html::parse_document(page).root_element(), &mut lines);
    let lines = lines
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines
        .map(|line| line.trim_matches([' ', '|']).to_owned())
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

fn append(element: &ElementRef, lines: &mut String) {
    let tag = element.value().name();
    if matches!(tag, "head" | "script") {
        return;
    }
    if matches!(tag, "th" | "td" | "dd") {
        lines.push_str(" | ");
    }
    let block = matches!(
        tag,
        "p" | "h1"
            | "h2"
            | "h3"
            | "div"
            | "tr"
            | "li"
            | "header"
            | "nav"
            | "section"
            | "form"
            | "footer"
            | "svg"
            | "summary"
            | "legend"
    );
    if block {
        lines.push('\n');
    }
    for child in element.children() {
        match child.value() {
            Node::Text(text) => lines.push_str(&text.replace('\n', " ")),
            Node::Element(_) => append(&ElementRef::wrap(child).expect("an element"), lines),
            _ => {}
        }
    }
    if block {
        lines.push('\n');
    }
}
