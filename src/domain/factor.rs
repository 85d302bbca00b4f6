//! The rule of enrolment.

#[expect(clippy::struct_excessive_bools, reason = "four independent facts; every mix of them can happen")]
/// What is known, under the user's row lock, when a start of APP or HSM is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnrolmentFacts {
    /// The user has a confirmed factor of the Type that was asked for.
    pub has_this_type: bool,
    /// The user has a confirmed factor of any Type.
    pub has_any: bool,
    /// The caller said `Enroll=true`.
    pub asked_to_enrol: bool,
    /// A valid `Proof` was given (it is used up only if the rule asks for it).
    pub has_proof: bool,
}

/// What such a start becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnrolmentRule {
    /// A challenge for the factor that the user has.
    Challenge,
    /// An enrolment that needs nothing: it is the user's first factor.
    EnrolFirst,
    /// An enrolment for which the proof is used up.
    EnrolProven,
    /// 403 `proof_required`.
    ProofRequired,
}

/// Whoever holds only the password must not walk in by enrolling: a user with any confirmed factor enrols another one
/// only when the caller asks for it and proves that the user was verified just now.
#[must_use]
pub const fn enrolment_rule(facts: EnrolmentFacts) -> EnrolmentRule {
    match facts {
        EnrolmentFacts { has_any: false, .. } => EnrolmentRule::EnrolFirst,
        EnrolmentFacts { has_this_type: true, asked_to_enrol: false, .. } => EnrolmentRule::Challenge,
        EnrolmentFacts { asked_to_enrol: true, has_proof: true, .. } => EnrolmentRule::EnrolProven,
        EnrolmentFacts { .. } => EnrolmentRule::ProofRequired,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_further_factor_needs_both_the_wish_and_the_proof() {
        let rule = |has_this_type, has_any, asked_to_enrol, has_proof| {
            enrolment_rule(EnrolmentFacts { has_this_type, has_any, asked_to_enrol, has_proof })
        };
        for (asked, proof) in [(false, false), (true, false), (false, true), (true, true)] {
            assert_eq!(rule(false, false, asked, proof), EnrolmentRule::EnrolFirst);
        }
        assert_eq!(rule(true, true, false, false), EnrolmentRule::Challenge);
        assert_eq!(rule(true, true, false, true), EnrolmentRule::Challenge);
        assert_eq!(rule(true, true, true, false), EnrolmentRule::ProofRequired);
        assert_eq!(rule(true, true, true, true), EnrolmentRule::EnrolProven);
        assert_eq!(rule(false, true, false, true), EnrolmentRule::ProofRequired);
        assert_eq!(rule(false, true, true, false), EnrolmentRule::ProofRequired);
        assert_eq!(rule(false, true, true, true), EnrolmentRule::EnrolProven);
    }
}
