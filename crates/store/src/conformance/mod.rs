//! What every database must do, as plain functions over `&dyn Store`, and records to try it with.
//!
//! Each function expects an empty store and panics where a promise is broken. A database runs all
//! of them with [`crate::conformance_tests!`], so that none can be forgotten.
#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "these are the bodies of tests: a broken promise shall panic, and their names say all"
)]

pub mod audit;
pub mod clock;
pub mod commits;
pub mod credits;
pub mod feed;
pub mod guards;
pub mod lists;
pub mod names;
pub mod people;
pub mod purse;
pub mod reopened;
pub mod returns;
pub mod sample;
pub mod spending_time;
pub mod uses;

/// Makes a test of each function of the suite.
///
/// The two functions named in the call run one of the suite to its end:
/// the first for functions over `&dyn Store`, the second for those over `&dyn Bench`.
#[macro_export]
macro_rules! conformance_tests {
    ($with_store:path, $with_bench:path) => {
        $crate::conformance_tests! { @modules $with_store,
            commits: [
                a_change_writes_its_records_with_one_journal_row,
                every_field_comes_back_as_it_was_written,
                t20_far_times_neither_wrap_nor_move,
                a_record_that_exists_is_not_inserted_again,
                an_older_version_is_not_replaced_twice,
                a_missing_record_is_neither_updated_nor_removed,
                racing_changes_of_one_record_have_one_winner,
                t21_64_writers_at_once_are_all_served_in_order,
                a_former_value_is_written_and_removed,
                what_is_marked_at_its_end_is_not_removed,
                a_change_with_too_many_writes_is_refused,
                a_change_without_records_is_a_journal_row,
                a_record_below_one_that_does_not_exist_is_refused,
                records_may_be_written_before_those_they_belong_to,
                a_change_replaces_the_key_material,
                the_proof_of_a_narrowing_is_kept_and_replaced,
                a_new_value_keeps_the_old_digest_findable,
            ];
            names: [
                an_external_id_is_taken_until_its_organization_is_deleted,
                external_ids_of_other_products_and_missing_ones_do_not_meet,
                an_environment_name_is_unique_in_its_project,
                a_key_name_is_unique_among_living_keys_of_its_environment_and_kind,
                a_key_is_not_renamed_to_a_taken_name,
                a_value_belongs_to_one_key_for_ever,
            ];
            people: [
                people_are_found_by_id_and_by_address,
                every_field_about_people_comes_back_as_it_was_written,
                an_address_is_taken_until_its_person_is_removed,
                one_living_membership_for_each_person_and_place,
                members_are_found_by_person_and_by_place,
                a_session_is_found_by_its_digest_until_it_is_removed,
                invitations_are_found_by_digest_and_by_place,
                s20_a_person_has_so_many_sessions_and_no_more,
                s16_an_installation_without_owner_gets_one_once,
                the_last_owner_stays,
                people_are_scanned_and_followed,
                rows_of_a_person_are_found_everywhere_and_in_one_organization,
            ];
            guards: [
                an_unchanged_record_lets_the_change_pass,
                a_changed_or_missing_record_stops_the_change,
                keys_in_an_environment_are_limited_after_the_change,
                only_living_keys_of_the_kind_count,
                a_replaced_key_counts_once,
                keys_of_an_organization_are_limited_in_all_its_environments,
                a_remembered_request_is_found_and_not_made_again,
                a20_another_callers_same_key_is_another_one,
                a_request_whose_time_has_run_out_is_forgotten,
                a_refused_change_is_not_remembered,
            ];
            lists: [
                pages_follow_each_other_newest_first,
                the_newest_possible_id_is_listed_too,
                organizations_are_found_by_product_external_id_and_name,
                products_are_listed_by_slug,
                projects_and_environments_are_found_by_their_owners,
                keys_are_found_by_everything_above_them,
                keys_are_found_by_their_state_now,
                keys_below_anything_deleted_are_not_listed_but_found,
                sealed_keys_of_a_product_are_found_whatever_became_of_what_they_belong_to,
            ];
            feed: [
                an_empty_store_has_an_empty_scan_and_head,
                a_scan_hands_out_every_record_once_and_its_head,
                a_scan_hands_out_records_after_what_they_belong_to,
                a_scan_is_proved_after_every_kind_of_write,
                a_scan_of_many_records_misses_none,
                a_scan_beside_writers_sees_one_state,
                rows_after_a_number_come_in_order_with_current_records,
                removed_values_are_named_in_every_row_that_knew_them,
                replaced_key_material_shows_in_its_row_only,
                whoever_waits_for_growth_is_woken_by_a_commit,
            ];
            uses: [
                counts_add_up_by_key_hour_and_code,
                counts_of_all_keys_below_add_up,
                the_last_use_of_each_value_is_kept,
                idle_keys_are_found_by_product_and_kind,
                too_many_uses_at_once_are_refused,
            ];
            audit: [
                an_entry_tells_who_what_when_and_from_where,
                every_action_is_read_back,
                rows_are_found_by_what_they_are_about,
                a_sound_store_is_verified_without_findings,
                personal_fields_are_erased_and_the_chain_stays_whole,
                the_journal_never_runs_backwards,
            ];
            credits: [
                a_charge_takes_what_it_costs_and_says_what_remains,
                what_ends_first_is_spent_first,
                r02_a_charge_beyond_what_remains_takes_nothing,
                r21_live_and_test_never_touch,
                r01_64_at_once_for_the_last_credit_have_one_winner,
                r03_racing_spenders_and_top_ups_never_lose_a_credit,
                a_cap_bounds_one_key_and_no_other,
                r22_a_threshold_is_noted_once_for_each_crossing,
                entries_are_listed_newest_first_page_by_page,
                a_void_grant_is_spent_no_more,
                a_grant_that_was_not_made_gives_nothing,
                more_credits_than_can_be_counted_are_refused,
                all_that_becomes_of_a_grant_is_that_it_is_void,
                r07_the_same_call_again_is_charged_once,
                r07_the_same_call_64_times_at_once_is_charged_once,
                a_refused_call_is_not_remembered,
            ];
            returns: [
                refunds_in_parts_are_never_more_than_the_charge,
                racing_refunds_give_back_what_was_charged_once,
                what_is_given_back_goes_where_it_came_from,
                what_goes_back_to_a_void_grant_has_expired,
                a_reservation_is_settled_for_less_and_the_rest_is_free,
                a_reservation_that_is_released_costs_nothing,
                a_reservation_is_settled_for_nothing,
                a_call_that_is_refused_after_all_costs_nothing,
                what_was_given_back_wholly_is_charged_anew,
                what_is_no_charge_is_not_found,
                a_cap_counts_what_was_given_back_no_more,
            ];
        }
        $crate::conformance_tests! { @modules $with_bench,
            reopened: [
                what_was_committed_is_there_after_opening_again,
                t19_time_does_not_run_backwards_when_the_clock_does,
                t19_time_does_not_run_backwards_across_a_restart,
                t19_time_is_never_before_the_last_journal_row,
                a_remembered_request_outlives_the_process_but_not_its_time,
            ];
            spending_time: [
                r16_a_grant_ends_at_its_time_whether_or_not_that_is_written,
                what_has_ended_is_written_down_when_asked_to,
                a_reservation_runs_out_by_itself,
                what_goes_back_to_an_ended_grant_has_expired,
                caps_count_by_the_day_and_by_the_month,
                r07_a_call_is_known_for_a_day,
                r07_a_call_is_known_across_a_restart,
                everything_is_the_same_after_opening_again,
            ];
        }
    };
    (@modules $with:path, $($module:ident: $names:tt;)*) => {
        $(mod $module { $crate::conformance_tests! { @tests $with, $module, $names } })*
    };
    (@tests $with:path, $module:ident, [$($name:ident),* $(,)?]) => {
        $(#[test]
        fn $name() {
            $with($crate::conformance::$module::$name);
        })*
    };
}
