from chassis.tracing import current_traceparent, span


def test_a_trace_is_carried_on_and_each_span_is_another() -> None:
    with span("first") as first:
        carried = current_traceparent()
    assert carried is not None
    with span("second", carried) as second:
        assert current_traceparent() != carried
    assert first == second


def test_outside_any_span_there_is_nothing_to_carry() -> None:
    assert current_traceparent() is None


def test_an_odd_traceparent_begins_a_trace_of_its_own() -> None:
    for odd in ("", "x", "00-0-0-00", "\x00"):
        with span("test", odd) as trace_id:
            assert len(trace_id) == 32
