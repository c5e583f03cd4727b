"""The main job, from end to end: the demo's story, a test a step, in order."""

import pytest

from harness.story import Story


@pytest.fixture(scope="module")
def story(gateway):
    return Story(gateway)


def _run(story, step):
    story.exhibits, story.checks = [], []
    step(story)


def test_first_contact_is_notified_at_once_and_masked(story):
    _run(story, Story.merchant_writes)


def test_merchant_gets_an_acknowledgement_that_can_be_answered(story):
    _run(story, Story.merchant_is_acknowledged)


def test_partners_answer_reaches_the_merchant_masked_and_trimmed(story):
    _run(story, Story.partner_answers)


def test_merchants_answer_threads_and_comes_in_an_overview(story):
    _run(story, Story.merchant_answers)


def test_an_item_of_an_overview_can_be_answered(story):
    _run(story, Story.partner_answers_the_overview)


def test_lead_form_is_matched_to_those_who_fit(story):
    _run(story, Story.lead_form_arrives)


def test_answer_to_a_lead_carries_the_profile_link(story):
    _run(story, Story.partner_answers_the_lead)


def test_unpublished_organisation_is_refused_in_the_dialogue(story):
    _run(story, Story.unpublished_is_refused)
