//! ISO 20022 pain.002: what the bank answers. Read by the crate `sepa`, which limits depth and size and follows no entity.

use domain::payment::{Answer, Status};
use domain::{Error, Result};
use sepa::pain002::{PaymentStatus, ReasonCode, parse_pain002};

/// A bank's report about one batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The message's id that we gave the batch.
    pub message_id: String,
    /// What it says of the batch as a whole, for every payment that it does not name.
    pub whole: Option<Answer>,
    /// What it says of single payments, by their end-to-end ids.
    pub single: Vec<(String, Answer)>,
}

/// # Errors
/// When it is no pain.002, or speaks of a payment without naming it.
pub fn read(xml: &str) -> Result<Report> {
    let report = parse_pain002(xml).map_err(|e| Error::new(format!("this is no answer of a bank: {e}")))?;
    // A block says it of its payments; we send one block, so it may stand at either level.
    let whole = report
        .payment_info_statuses
        .iter()
        .find_map(|block| answer(block.status.as_ref(), &block.reason_codes, &block.additional_info))
        .or_else(|| {
            answer(
                report.group_status.as_ref(),
                &report.group_reason_codes,
                &report.group_additional_info,
            )
        });
    let mut single = Vec::new();
    for payment in report
        .payment_info_statuses
        .iter()
        .flat_map(|block| &block.transactions)
    {
        let Some(answer) = answer(payment.status.as_ref(), &payment.reason_codes, &payment.additional_info) else {
            continue;
        };
        let id = payment.original_end_to_end_id.clone().ok_or_else(|| {
            Error::new(format!(
                "the answer to {} says {} of a payment that it does not name: ask the bank which",
                report.original_msg_id, answer.status
            ))
        })?;
        single.push((id, answer));
    }
    Ok(Report {
        message_id: report.original_msg_id,
        whole,
        single,
    })
}

/// Pending, partly accepted and the checks of names decide nothing.
fn answer(status: Option<&PaymentStatus>, codes: &[ReasonCode], words: &[String]) -> Option<Answer> {
    let status = match status? {
        PaymentStatus::Acsc => Status::Completed,
        PaymentStatus::Other(code) if code == "ACCC" => Status::Completed,
        PaymentStatus::Rjct => Status::Rejected,
        accepted if accepted.is_accepted() => Status::Accepted,
        _ => return None,
    };
    let codes: Vec<&str> = codes.iter().map(ReasonCode::as_code).collect();
    let reason = [codes.join(", "), words.join(" ")]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(": ");
    Some(Answer {
        status,
        reason: (!reason.is_empty()).then_some(reason),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(inside: &str) -> String {
        format!(
            r#"<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>
            <GrpHdr><MsgId>B1</MsgId><CreDtTm>2024-04-11T09:00:00Z</CreDtTm></GrpHdr>
            <OrgnlGrpInfAndSts><OrgnlMsgId>PB-000001-20240410090000</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>{inside}
            </CstmrPmtStsRpt></Document>"#
        )
    }

    #[test]
    fn a_rejected_payment_is_told_from_the_accepted_rest() {
        let xml = report(
            "<GrpSts>PART</GrpSts></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>PB-000001</OrgnlPmtInfId>
             <TxInfAndSts><OrgnlEndToEndId>SD-000001-1</OrgnlEndToEndId><TxSts>RJCT</TxSts>
             <StsRsnInf><Rsn><Cd>AC04</Cd></Rsn><AddtlInf>account closed</AddtlInf></StsRsnInf></TxInfAndSts>
             <TxInfAndSts><OrgnlEndToEndId>SD-000002-1</OrgnlEndToEndId><TxSts>ACSC</TxSts></TxInfAndSts></OrgnlPmtInfAndSts>",
        );
        let read = read(&xml).unwrap();
        assert_eq!((&*read.message_id, &read.whole), ("PB-000001-20240410090000", &None));
        let rejected = Answer {
            status: Status::Rejected,
            reason: Some("AC04: account closed".into()),
        };
        let completed = Answer {
            status: Status::Completed,
            reason: None,
        };
        assert_eq!(
            read.single,
            [("SD-000001-1".into(), rejected), ("SD-000002-1".into(), completed)]
        );
    }

    #[test]
    fn a_batch_is_answered_as_a_whole() {
        let whole = read(&report("<GrpSts>RJCT</GrpSts></OrgnlGrpInfAndSts>"))
            .unwrap()
            .whole
            .unwrap();
        assert_eq!(whole.status, Status::Rejected);
        assert_eq!(
            read(&report("<GrpSts>PDNG</GrpSts></OrgnlGrpInfAndSts>"))
                .unwrap()
                .whole,
            None
        );
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        for xml in [
            "",
            "not xml",
            "<a/>",
            "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
        ] {
            assert!(
                read(xml)
                    .unwrap_err()
                    .to_string()
                    .starts_with("this is no answer of a bank"),
                "{xml}"
            );
        }
    }
}
