//! What every store must do. A test takes a fresh database; [`contract_over`] lists all of them.

#[path = "contract/access.rs"]
pub mod access;
#[path = "contract/app.rs"]
pub mod app;
#[path = "contract/audit.rs"]
pub mod audit;
#[path = "contract/backup.rs"]
pub mod backup;
#[path = "contract/calls.rs"]
pub mod calls;
#[path = "contract/channels.rs"]
pub mod channels;
#[path = "contract/check.rs"]
pub mod check;
#[path = "contract/erase.rs"]
pub mod erase;
#[path = "contract/hooks.rs"]
pub mod hooks;
#[path = "contract/house.rs"]
pub mod house;
#[path = "contract/idempotency.rs"]
pub mod idempotency;
#[path = "contract/key.rs"]
pub mod key;
#[path = "contract/lock.rs"]
pub mod lock;
#[path = "contract/outbox.rs"]
pub mod outbox;
#[path = "contract/own_providers.rs"]
pub mod own_providers;
#[path = "contract/pair.rs"]
pub mod pair;
#[path = "contract/proof.rs"]
pub mod proof;
#[path = "contract/race.rs"]
pub mod race;
#[path = "contract/reading.rs"]
pub mod reading;
#[path = "contract/sign_in.rs"]
pub mod sign_in;
#[path = "contract/start.rs"]
pub mod start;
#[path = "contract/templates.rs"]
pub mod templates;
#[path = "contract/tenants.rs"]
pub mod tenants;
#[path = "contract/totp.rs"]
pub mod totp;
#[path = "contract/turns.rs"]
pub mod turns;
#[path = "contract/upkeep.rs"]
pub mod upkeep;
#[path = "contract/usage.rs"]
pub mod usage;

/// Makes a test of each part of the contract over databases of the type `$fresh`, which opens and closes one.
macro_rules! contract_over {
    ($fresh:ty) => {
        contract_over! { $fresh;
            start: an_older_code_dies_with_its_message_erased;
            start: a_code_whose_life_ended_stays_expired;
            start: a_trace_tells_who_asked_and_what_was_used_of_each_limit;
            start: a_start_that_comes_too_late_for_its_caller_is_not_kept;
            start: another_family_is_left_alone;
            start: sends_are_limited_per_user;
            start: an_approval_lifts_all_but_the_fifty_of_a_day;
            start: a_refused_start_writes_nothing;
            start: parallel_starts_leave_one_live_code_and_one_message;
            start: a_canceled_code_is_dead_and_its_message_erased;
            start: a_start_tells_what_it_was_given;
            check: a_right_code_is_taken_once;
            check: fifty_right_codes_at_once_approve_one;
            check: of_a_hundred_guesses_at_once_five_are_evaluated;
            check: after_five_guesses_the_right_code_is_not_looked_at;
            check: a_code_ends_with_its_life;
            check: a_repeated_code_counts_after_a_minute;
            check: a_code_fits_nowhere_else;
            check: a_named_code_is_the_only_one_that_is_tried;
            check: the_family_of_numbers_is_one;
            check: codes_outlive_a_rotation_of_the_root_key;
            lock: ten_failures_lock_for_a_quarter_of_an_hour_and_twenty_for_a_day;
            lock: a_lock_evaluates_and_writes_nothing;
            lock: locks_are_counted_while_they_last_and_since_they_began;
            lock: locks_are_counted_by_their_indexes;
            lock: a_success_clears_its_own_family_and_an_approval_no_other;
            lock: a_resend_and_another_type_begin_nothing_anew;
            lock: thirty_failures_at_once_never_pass_the_lock;
            lock: an_unlock_lifts_the_lock_and_clears_the_failures;
            app: the_first_right_code_enrols_and_approves_nobody;
            app: an_unconfirmed_enrolment_verifies_nothing_and_replaces_nothing;
            app: the_use_of_an_older_factor_hides_no_enrolment;
            app: a_new_start_takes_an_enrolments_place;
            app: an_enrolment_dies_after_a_quarter_of_an_hour;
            app: a_canceled_enrolment_leaves_no_secret;
            app: a_confirmation_ends_the_other_enrolments;
            app: an_unproven_enrolment_is_not_confirmed_once_there_is_a_factor;
            app: starts_of_apps_have_limits_of_their_own;
            app: a_removed_factor_verifies_nothing;
            totp: a_step_is_taken_once_and_only_forward;
            totp: fifty_of_one_step_at_once_approve_one;
            totp: fifty_confirmations_at_once_enrol_once;
            totp: each_factor_has_steps_of_its_own;
            totp: a_code_fits_no_other_user_and_no_other_tenancy;
            totp: a_check_without_a_start_leaves_a_record;
            totp: a_started_challenge_is_what_a_check_decides;
            totp: a_named_challenge_is_the_only_one_that_is_tried;
            proof: a_proof_is_of_this_user_of_late_and_of_an_approval;
            proof: a_proof_is_used_once;
            proof: a_first_factor_needs_no_proof_and_spends_none;
            key: the_first_right_answer_enrols_and_approves_nobody;
            key: a_right_answer_is_taken_once_and_its_counter_moves;
            key: a_counter_that_does_not_rise_consumes_nothing;
            key: fifty_of_one_answer_at_once_approve_one;
            key: different_answers_to_one_challenge_approve_one;
            key: a_key_is_one_users_at_a_relying_party;
            key: a_wrong_answer_spends_an_attempt_and_five_end_it;
            key: an_enrolment_without_attempts_leaves_no_factor;
            key: a_lock_keeps_no_key_away_but_every_enrolment;
            key: a_ceremony_ends_with_its_life_and_is_named_by_its_id;
            key: nothing_of_a_key_is_left_when_it_is_removed;
            key: an_unproven_key_is_not_confirmed_once_there_is_a_factor;
            key: a_key_of_another_relying_party_is_a_factor_but_not_asked_for;
            key: refused_starts_of_keys_write_nothing;
            backup: a_set_is_valid_once_it_was_handed_over;
            backup: the_old_set_dies_with_the_hand_over_and_not_before;
            backup: a_set_that_nobody_got_leaves_the_old_one;
            backup: a_newer_request_ends_one_that_waits;
            backup: one_of_two_messages_is_enough;
            backup: test_mode_hands_a_set_over_with_its_start;
            backup: a_set_is_for_one_user_and_costs_the_recipient;
            backup: fifty_of_one_code_at_once_approve_one;
            backup: a_spent_attempt_counts_though_its_check_never_ends;
            backup: a_repeated_backup_code_counts_after_a_minute;
            backup: a_repeated_code_lengthens_no_lock;
            backup: a_backup_code_answers_the_challenge_that_is_named;
            backup: the_issue_of_a_set_is_no_challenge;
            backup: a_backup_code_fits_no_other_user_and_no_other_tenancy;
            outbox: a_start_leases_its_message_to_its_own_node;
            outbox: parallel_claims_give_each_message_to_one_node;
            outbox: the_oldest_due_messages_go_first;
            outbox: an_end_erases_the_payload;
            outbox: the_next_provider_renews_and_the_next_round_waits;
            outbox: a_lost_lease_changes_nothing_but_tells_of_a_hand_over;
            outbox: a_hand_over_is_told_after_the_message_was_given_up;
            channels: the_next_channels_turn_is_now_when_one_fails;
            channels: a_hand_over_makes_the_others_wait_for_its_report;
            channels: an_earlier_channel_that_is_still_tried_is_passed_over;
            channels: a_report_moves_the_delivery_and_the_others;
            channels: a_claim_takes_only_the_channels_that_it_names;
            channels: what_becomes_due_is_heard_of_on_every_node;
            turns: the_last_attempt_ends_what_stands_by;
            turns: an_arrival_ends_a_later_channel_that_is_between_two_tries;
            turns: a_hand_over_that_is_known_puts_nobody_off_again;
            turns: a_report_that_comes_before_its_hand_over_is_asked_for_again;
            turns: an_approval_meets_the_record_of_a_hand_over;
            pair: either_of_two_codes_is_taken_and_the_other_dies;
            pair: fifty_of_both_codes_at_once_approve_one;
            pair: a_pair_counts_in_its_contacts_and_is_locked_with_them;
            pair: crosswise_pairs_do_not_wait_for_each_other_for_ever;
            pair: a_countrys_quota_is_exact_and_refusals_leave_nothing;
            idempotency: a_key_is_one_requests_until_its_answer_is_replayed;
            idempotency: parallel_claims_of_a_key_give_it_to_one;
            idempotency: a_dead_requests_claim_is_taken_over;
            idempotency: an_effect_whose_claim_was_lost_is_undone;
            idempotency: an_outcome_without_an_answer_leaves_the_claim;
            idempotency: a_secret_in_an_answer_dies_with_its_enrolment;
            idempotency: a_secret_in_an_answer_is_told_for_a_quarter_of_an_hour;
            idempotency: an_answer_without_a_secret_outlives_the_enrolment;
            tenants: organizations_and_applications_are_kept_in_order;
            tenants: a_key_opens_its_application_and_mode;
            tenants: a_revoked_key_is_found_as_revoked;
            tenants: a_rolled_key_lives_on_for_a_while_and_never_longer;
            tenants: the_last_use_of_keys_only_moves_forward;
            tenants: settings_are_not_saved_over_a_newer_version;
            tenants: of_parallel_saves_one_wins;
            access: a_key_is_found_by_its_hash_and_ends_once;
            access: a_rolled_key_lives_until_its_grace_ends;
            access: of_the_keys_that_ended_the_last_two_hundred_are_listed;
            access: members_are_one_for_an_address;
            access: of_two_owners_who_leave_at_once_one_stays;
            access: two_changes_of_a_member_at_once_are_both_made_and_told;
            audit: a_change_leaves_one_line_and_what_changes_nothing_leaves_none;
            audit: a_change_that_fails_leaves_no_line;
            audit: lines_written_at_once_make_one_chain;
            audit: whatever_is_done_to_the_rows_shows;
            audit: lines_are_found_by_what_they_are_about;
            audit: an_application_whose_grace_has_passed_is_erased_with_all_its_rows;
            audit: an_application_is_not_removed_while_rows_of_it_are_left;
            audit: a_deleted_application_opens_to_no_key_until_it_is_restored;
            templates: a_template_is_kept_in_the_place_of_an_older_one;
            templates: a_removed_template_is_gone_and_no_other;
            templates: templates_put_at_once_are_one;
            templates: a_damaged_template_is_said_to_be;
            own_providers: a_list_is_kept_in_the_place_of_an_older_one;
            own_providers: a_removed_list_is_gone_and_no_other;
            own_providers: lists_put_at_once_are_one;
            own_providers: a_list_is_changed_only_over_the_one_that_was_looked_at;
            own_providers: a_change_of_a_list_leaves_a_line_and_nothing_else_does;
            own_providers: a_report_counts_for_what_went_through_the_credentials_that_signed_it;
            own_providers: a_report_before_its_record_counts_by_the_list_that_there_is;
            own_providers: a_sealed_list_is_found_and_put_back_under_a_new_key;
            reading: a_list_is_filtered_by_each_field;
            reading: deliveries_are_filtered_by_each_field_and_paged;
            reading: pages_follow_each_other_newest_first;
            reading: an_unknown_user_has_nothing;
            reading: the_inbox_shows_the_last_messages_of_its_contacts;
            reading: the_inbox_ends_after_two_hundred_and_after_a_day;
            upkeep: a_migrated_database_is_migrated_once;
            upkeep: the_databases_clock_goes;
            upkeep: a_data_key_is_made_once_and_rewrapped_once;
            upkeep: sealed_values_are_found_and_put_back_under_a_new_key;
            upkeep: a_sweep_takes_what_has_had_its_time_and_nothing_else;
            upkeep: a_sweep_takes_no_more_than_its_limit;
            hooks: each_endpoint_gets_what_it_wants;
            hooks: an_effect_that_is_undone_leaves_no_delivery;
            hooks: every_kind_is_told_with_what_it_is_about;
            hooks: an_endpoint_is_changed_and_removed_by_its_own_tenant;
            hooks: secrets_are_rolled_over_the_ones_that_were_read;
            hooks: an_application_has_twenty_endpoints_at_the_most;
            hooks: challenges_expire_once_whoever_looks;
            hooks: a_replay_sends_what_was_not_delivered;
            hooks: deliveries_are_listed_newest_first;
            calls: parallel_claims_give_each_delivery_to_one_node;
            calls: a_claim_goes_by_endpoint_and_its_end_gives_it_back;
            calls: an_endpoint_fails_until_it_succeeds;
            calls: an_endpoint_that_failed_for_days_is_disabled_with_a_mail;
            calls: an_endpoint_that_went_elsewhere_is_not_disabled_for_its_old_address;
            calls: a_member_gets_few_mails_a_day_however_often_an_endpoint_is_switched_off;
            calls: what_waits_for_a_disabled_endpoint_is_given_up;
            calls: after_a_day_a_delivery_is_given_up;
            calls: ended_deliveries_are_kept_for_a_month;
            calls: changes_and_calls_do_not_wait_for_each_other_for_ever;
            erase: a_lock_by_hand_is_as_one_by_failures;
            erase: a_lock_of_a_pair_is_a_lock_of_its_contacts;
            erase: an_erasure_leaves_nothing_of_the_user_and_all_of_the_others;
            erase: what_an_erased_user_did_stays_in_the_figures;
            erase: a_message_under_way_leaves_nothing;
            erase: an_erasure_meets_a_check_and_a_start;
            erase: an_erasure_meets_a_hand_over;
            erase: an_erasure_meets_a_replay;
            usage: a_flood_of_erasures_keeps_nobody_from_figures;
            usage: figures_are_the_same_live_and_closed;
            usage: figures_are_added_up_by_day_and_month_and_by_what_is_asked;
            usage: closing_again_changes_nothing;
            usage: many_closers_at_once_close_each_hour_once;
            usage: a_late_report_counts_when_the_hour_is_counted_again;
            usage: an_outage_is_made_up_for_and_what_is_gone_stays_as_it_was_counted;
            usage: a_year_is_read_by_the_primary_key;
            sign_in: attempts_are_counted_once_each_however_many_come_at_once;
            sign_in: an_invitation_is_used_once;
            sign_in: a_link_is_for_whom_it_makes_sense_and_kills_the_older_one;
            sign_in: a_first_start_makes_one_owner;
            sign_in: a_half_session_becomes_a_full_one_once;
            sign_in: sessions_end_with_time;
            sign_in: a_session_goes_as_its_member_goes;
            sign_in: once_somebody_has_come_in_a_first_start_is_over;
            sign_in: an_owner_who_has_never_signed_in_is_no_other_owner;
            sign_in: another_password_ends_the_other_sessions_and_the_links;
            sign_in: a_reset_ends_every_session_and_is_used_once;
            sign_in: a_sign_in_meets_a_change_of_the_password;
            sign_in: roles_that_may_not_be_touched_are_not;
            sign_in: what_members_left_behind_is_swept;
            house: two_first_enrolments_at_once_give_one_factor;
            house: a_further_factor_is_confirmed_by_whom_it_was_begun;
            house: of_the_last_two_factors_removed_at_once_one_stays;
            house: a_set_that_is_shown_is_valid_at_once;
            house: a_reset_of_factors_leaves_none_and_no_session;
            house: what_is_told_is_written_with_what_was_done;
            race: a_cancel_meets_a_sent_code;
            race: a_cancel_meets_a_code_of_an_app;
            race: a_cancel_meets_the_confirmation_of_an_enrolment;
            race: a_cancel_meets_a_backup_code;
            race: a_hand_over_meets_a_new_request;
        }
    };
    ($fresh:ty; $($room:ident: $test:ident;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $test() {
            let fresh = <$fresh>::open().await;
            let fixture = fresh.fixture.clone();
            let ended = tokio::spawn(async move { crate::contract::$room::$test(&fixture).await }).await;
            fresh.close().await;
            if let Err(panicked) = ended {
                std::panic::resume_unwind(panicked.into_panic());
            }
        }
    )*};
}
