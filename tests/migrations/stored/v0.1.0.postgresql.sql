SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.alert_rule_text (
    id integer NOT NULL,
    learner_id integer NOT NULL,
    text text NOT NULL,
    version integer NOT NULL,
    saved_at timestamp with time zone NOT NULL,
    applied_text text,
    applied_at timestamp with time zone,
    removed_at timestamp with time zone,
    assisted boolean NOT NULL
);
CREATE SEQUENCE public.alert_rule_text_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.alert_rule_text_id_seq OWNED BY public.alert_rule_text.id;
CREATE TABLE public.alert_watch (
    burst_id integer NOT NULL,
    learner_id integer NOT NULL,
    claimed_by character varying(64),
    heartbeat_at timestamp with time zone,
    done_at timestamp with time zone,
    trouble text NOT NULL,
    plans json
);
CREATE TABLE public.burst (
    id integer NOT NULL,
    learner_id integer NOT NULL,
    key character varying(64) NOT NULL,
    preset character varying(40) NOT NULL,
    title character varying(80) NOT NULL,
    spec json NOT NULL,
    state character varying(12) NOT NULL,
    reason character varying(500) NOT NULL,
    stop_requested boolean NOT NULL,
    requested_at timestamp with time zone NOT NULL,
    started_at timestamp with time zone,
    ended_at timestamp with time zone,
    heartbeat_at timestamp with time zone NOT NULL,
    counts json NOT NULL,
    server_counts json,
    predicted_error_ratio double precision,
    predicted_page boolean
);
CREATE SEQUENCE public.burst_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.burst_id_seq OWNED BY public.burst.id;
CREATE TABLE public.confirmed_query (
    learner_id integer NOT NULL,
    digest character varying(64) NOT NULL,
    expr text NOT NULL,
    sli character varying(20) NOT NULL,
    confirmed_at timestamp with time zone NOT NULL
);
CREATE TABLE public.handed_in_dashboard (
    id integer NOT NULL,
    learner_id integer NOT NULL,
    file_name character varying(120) NOT NULL,
    digest character varying(64) NOT NULL,
    document text NOT NULL,
    handed_in_at timestamp with time zone NOT NULL
);
CREATE SEQUENCE public.handed_in_dashboard_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.handed_in_dashboard_id_seq OWNED BY public.handed_in_dashboard.id;
CREATE TABLE public.impact_statement (
    id integer NOT NULL,
    learner_id integer NOT NULL,
    burst_id integer NOT NULL,
    failed double precision NOT NULL,
    slow double precision NOT NULL,
    seconds double precision NOT NULL,
    sentence text NOT NULL,
    stated_at timestamp with time zone NOT NULL
);
CREATE SEQUENCE public.impact_statement_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.impact_statement_id_seq OWNED BY public.impact_statement.id;
CREATE TABLE public.kept_alert (
    id integer NOT NULL,
    learner_id integer NOT NULL,
    burst_id integer NOT NULL,
    source character varying(12) NOT NULL,
    identity character varying(64) NOT NULL,
    name text NOT NULL,
    labels json NOT NULL,
    before character varying(20) NOT NULL,
    transitions json NOT NULL
);
CREATE SEQUENCE public.kept_alert_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.kept_alert_id_seq OWNED BY public.kept_alert.id;
CREATE TABLE public.learner (
    id integer NOT NULL,
    name character varying(80) NOT NULL,
    created_at timestamp with time zone NOT NULL
);
CREATE SEQUENCE public.learner_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.learner_id_seq OWNED BY public.learner.id;
CREATE TABLE public.reflection_answer (
    learner_id integer NOT NULL,
    question_id character varying(20) NOT NULL,
    text text NOT NULL,
    version integer NOT NULL,
    tab character varying(64) NOT NULL,
    saved_at timestamp with time zone NOT NULL
);
CREATE TABLE public.reflection_set_aside (
    id integer NOT NULL,
    learner_id integer NOT NULL,
    question_id character varying(20) NOT NULL,
    tab character varying(64) NOT NULL,
    text text NOT NULL,
    set_aside_at timestamp with time zone NOT NULL
);
CREATE SEQUENCE public.reflection_set_aside_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.reflection_set_aside_id_seq OWNED BY public.reflection_set_aside.id;
CREATE TABLE public.reflection_submission (
    id integer NOT NULL,
    learner_id integer NOT NULL,
    number integer NOT NULL,
    key character varying(64) NOT NULL,
    submitted_at timestamp with time zone NOT NULL,
    answers json NOT NULL,
    evidence json NOT NULL
);
CREATE SEQUENCE public.reflection_submission_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.reflection_submission_id_seq OWNED BY public.reflection_submission.id;
CREATE TABLE public.service (
    id integer NOT NULL,
    learner_id integer NOT NULL,
    job character varying(80) NOT NULL
);
CREATE SEQUENCE public.service_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.service_id_seq OWNED BY public.service.id;
CREATE TABLE public.slo (
    id integer NOT NULL,
    learner_id integer NOT NULL,
    name character varying(63) NOT NULL,
    title character varying(120) NOT NULL,
    sli character varying(20) NOT NULL,
    threshold_s double precision,
    objective double precision NOT NULL,
    "window" character varying(8) NOT NULL,
    why text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone
);
CREATE SEQUENCE public.slo_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.slo_id_seq OWNED BY public.slo.id;
CREATE TABLE public.slo_revision (
    id integer NOT NULL,
    slo_id integer NOT NULL,
    at timestamp with time zone NOT NULL,
    what character varying(20) NOT NULL,
    summary character varying(300) NOT NULL,
    why text NOT NULL
);
CREATE SEQUENCE public.slo_revision_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.slo_revision_id_seq OWNED BY public.slo_revision.id;
CREATE TABLE public.step_progress (
    learner_id integer NOT NULL,
    step_id character varying(40) NOT NULL,
    done_at timestamp with time zone NOT NULL
);
CREATE TABLE public.stored_verdict (
    learner_id integer NOT NULL,
    criterion_id character varying(40) NOT NULL,
    status character varying(20) NOT NULL,
    verdict json NOT NULL,
    checked_at timestamp with time zone NOT NULL,
    first_met_at timestamp with time zone
);
CREATE TABLE public.workbench_dashboard (
    learner_id integer NOT NULL,
    title character varying(120) NOT NULL,
    grafana_uid character varying(40) NOT NULL,
    grafana_path character varying(500) NOT NULL,
    pushed_at timestamp with time zone
);
CREATE TABLE public.workbench_panel (
    id integer NOT NULL,
    learner_id integer NOT NULL,
    key character varying(64),
    "position" integer NOT NULL,
    title character varying(120) NOT NULL,
    expr text NOT NULL,
    unit character varying(20) NOT NULL,
    saved_at timestamp with time zone NOT NULL,
    removed_at timestamp with time zone
);
CREATE SEQUENCE public.workbench_panel_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.workbench_panel_id_seq OWNED BY public.workbench_panel.id;
ALTER TABLE ONLY public.alert_rule_text ALTER COLUMN id SET DEFAULT nextval('public.alert_rule_text_id_seq'::regclass);
ALTER TABLE ONLY public.burst ALTER COLUMN id SET DEFAULT nextval('public.burst_id_seq'::regclass);
ALTER TABLE ONLY public.handed_in_dashboard ALTER COLUMN id SET DEFAULT nextval('public.handed_in_dashboard_id_seq'::regclass);
ALTER TABLE ONLY public.impact_statement ALTER COLUMN id SET DEFAULT nextval('public.impact_statement_id_seq'::regclass);
ALTER TABLE ONLY public.kept_alert ALTER COLUMN id SET DEFAULT nextval('public.kept_alert_id_seq'::regclass);
ALTER TABLE ONLY public.learner ALTER COLUMN id SET DEFAULT nextval('public.learner_id_seq'::regclass);
ALTER TABLE ONLY public.reflection_set_aside ALTER COLUMN id SET DEFAULT nextval('public.reflection_set_aside_id_seq'::regclass);
ALTER TABLE ONLY public.reflection_submission ALTER COLUMN id SET DEFAULT nextval('public.reflection_submission_id_seq'::regclass);
ALTER TABLE ONLY public.service ALTER COLUMN id SET DEFAULT nextval('public.service_id_seq'::regclass);
ALTER TABLE ONLY public.slo ALTER COLUMN id SET DEFAULT nextval('public.slo_id_seq'::regclass);
ALTER TABLE ONLY public.slo_revision ALTER COLUMN id SET DEFAULT nextval('public.slo_revision_id_seq'::regclass);
ALTER TABLE ONLY public.workbench_panel ALTER COLUMN id SET DEFAULT nextval('public.workbench_panel_id_seq'::regclass);
INSERT INTO public.alembic_version VALUES ('0001');
INSERT INTO public.alert_rule_text VALUES (1, 1, 'groups: []', 1, '2026-11-30 12:52:01.311328+00', NULL, NULL, NULL, false);
INSERT INTO public.alert_watch VALUES (1, 1, 'me', '2026-11-30 12:52:01.311328+00', '2026-11-30 12:52:01.311328+00', '', '[]');
INSERT INTO public.alert_watch VALUES (2, 1, 'me', '2026-11-30 12:52:01.311328+00', '2026-11-30 12:52:01.311328+00', '', '[]');
INSERT INTO public.burst VALUES (1, 1, 'key-1', 'error-burst', 'Error burst', '{"mode": "open", "rate": 20, "duration": 60, "mix": [{"path": "/", "weight": 6, "method": "GET"}, {"path": "/search", "weight": 3, "method": "GET"}, {"path": "/checkout", "weight": 1, "method": "GET"}], "fault": {"error_ratio": 0.2, "latency_seconds": 0.0, "hang": false}}', 'finished', '', false, '2026-11-30 12:49:01.345428+00', '2026-11-30 12:49:01.345428+00', '2026-11-30 12:50:01.345428+00', '2026-11-30 12:52:01.345428+00', '{"sent": 100, "good": 60, "slow": 3, "failed": {"500": 40}, "elapsed_seconds": 30.0, "p50": 0.01, "p95": 0.02, "p99": 0.03, "first_bad_due_at": 1796042951.345428, "last_bad_end_at": 1796042971.345428}', '{"by_status": {"200": 60.0, "500": 40.0}, "slow": 3.0, "quantiles": {"p50": 0.01}, "restarted": false, "within": {"0.5": 97.0, "+Inf": 100.0}}', 0.2, true);
INSERT INTO public.burst VALUES (2, 1, 'key-2', 'error-burst', 'Error burst', '{"mode": "open", "rate": 20, "duration": 60, "mix": [{"path": "/", "weight": 6, "method": "GET"}, {"path": "/search", "weight": 3, "method": "GET"}, {"path": "/checkout", "weight": 1, "method": "GET"}], "fault": {"error_ratio": 0.2, "latency_seconds": 0.0, "hang": false}}', 'finished', '', false, '2026-11-30 12:49:01.345428+00', '2026-11-30 12:49:01.345428+00', '2026-11-30 12:50:01.345428+00', '2026-11-30 12:52:01.345428+00', '{"sent": 100, "good": 60, "slow": 3, "failed": {"500": 40}, "elapsed_seconds": 30.0, "p50": 0.01, "p95": 0.02, "p99": 0.03, "first_bad_due_at": 1796042951.345428, "last_bad_end_at": 1796042971.345428}', '{"by_status": {"200": 60.0, "500": 40.0}, "slow": 3.0, "quantiles": {"p50": 0.01}, "restarted": false, "within": {"0.5": 97.0, "+Inf": 100.0}}', 0.2, true);
INSERT INTO public.confirmed_query VALUES (1, '75a288c0d6898c5f7b054590845978a82a3ad79fcce3d43ff68a7501e5a91ee9', 'up', 'availability', '2026-11-30 12:52:01.311328+00');
INSERT INTO public.handed_in_dashboard VALUES (1, 1, 'mine.json', '199eb0cbf80e0bd33c17e1e497e48f135cb6de529c447239addae9dcaeb15729', '{"panels": []}', '2026-11-30 12:52:01.311328+00');
INSERT INTO public.impact_statement VALUES (1, 1, 1, 10, 0, 3, 'Nobody could buy.', '2026-11-30 12:52:01.311328+00');
INSERT INTO public.impact_statement VALUES (2, 1, 2, 10, 0, 3, 'Nobody could buy.', '2026-11-30 12:52:01.311328+00');
INSERT INTO public.kept_alert VALUES (1, 1, 1, 'Prometheus', 'ac4041e54da7fee1c68ff4ad5db083f2a8fb19d0d0b39a8b6271486388a65f79', 'Burn', '{"severity": "page"}', 'inactive', '[["firing", 1796042961.311328, false]]');
INSERT INTO public.kept_alert VALUES (2, 1, 2, 'Prometheus', 'ac4041e54da7fee1c68ff4ad5db083f2a8fb19d0d0b39a8b6271486388a65f79', 'Burn', '{"severity": "page"}', 'inactive', '[["firing", 1796042961.311328, false]]');
INSERT INTO public.learner VALUES (1, 'you', '2026-11-30 12:52:01.263796+00');
INSERT INTO public.reflection_answer VALUES (1, 'slis', 'What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. ', 1, 'b7f07e8e1756443c89907b850e235576', '2026-11-30 12:52:01.311328+00');
INSERT INTO public.reflection_answer VALUES (1, 'slos', 'What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. ', 1, 'd8832a7d745244a6823ca1ab1bcd95c1', '2026-11-30 12:52:01.311328+00');
INSERT INTO public.reflection_answer VALUES (1, 'scale', 'What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. ', 1, '26e77bbbef2948a3a69e7c32324ca6f1', '2026-11-30 12:52:01.311328+00');
INSERT INTO public.reflection_answer VALUES (1, 'struggle', 'What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. ', 1, 'b6c24063d823422aab43bdd344b43db5', '2026-11-30 12:52:01.311328+00');
INSERT INTO public.reflection_set_aside VALUES (1, 1, 'slis', '346bb60d14444e92bf0193cde9c6c1c0', 'What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. ', '2026-11-30 12:52:01.311328+00');
INSERT INTO public.reflection_set_aside VALUES (2, 1, 'slos', '514dfbe7a7874beebd1e508eb402452a', 'What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. ', '2026-11-30 12:52:01.311328+00');
INSERT INTO public.reflection_set_aside VALUES (3, 1, 'scale', 'd1380f7cf5e84ee59c59d795c917fe67', 'What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. ', '2026-11-30 12:52:01.311328+00');
INSERT INTO public.reflection_set_aside VALUES (4, 1, 'struggle', '2377f5128f284ee6ae4f9b9c16c2d7d9', 'What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. ', '2026-11-30 12:52:01.311328+00');
INSERT INTO public.reflection_submission VALUES (1, 1, 1, 'one', '2026-11-30 12:52:01.311328+00', '{"slis": "What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. ", "slos": "What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. ", "scale": "What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. ", "struggle": "What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. "}', '{"taken_at": "2026-11-30T12:52:02.205530+00:00", "job": "flask-app", "slis": {"state": "unreachable", "reason": "Prometheus can''t be reached at http://127.0.0.1:9 (Connection refused). Is it running?", "window": "1m", "threshold_seconds": 0.3, "availability": null, "fast_share": null, "quantiles": {}, "requests": 0.0, "failed": 0.0, "requests_per_second": 0.0, "queries": {"availability": "sum(rate(http_requests_total{job=\"flask-app\",status!~\"5..\"}[1m]))\n/ sum(rate(http_requests_total{job=\"flask-app\"}[1m]))", "fast_share": "sum(rate(http_request_duration_seconds_bucket{job=\"flask-app\",le=\"0.3\"}[1m]))\n/ sum(rate(http_request_duration_seconds_count{job=\"flask-app\"}[1m]))", "p95": "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{job=\"flask-app\"}[1m])))"}}, "history": null, "slos": [{"name": "shop", "title": "Shop", "sli": "availability", "objective": 0.99, "window": "30d", "threshold_seconds": null, "promise": "99 % of requests answered without a server error, over 30d", "why": "", "created_at": "2026-11-30T12:52:01.311328+00:00"}], "bursts": [{"number": 2, "title": "Error burst", "state": "finished", "requested_at": "2026-11-30T12:49:01.345428+00:00", "started_at": "2026-11-30T12:49:01.345428+00:00", "ended_at": "2026-11-30T12:50:01.345428+00:00", "sent": 100, "good": 60, "failed": {"500": 40}, "slow": 3, "hurt_seconds": 20.0, "quantiles": {"p50": 0.01, "p95": 0.02, "p99": 0.03}, "counted": {"requests": 100.0, "failed": 40.0, "slow": 3.0, "availability": 0.6, "quantiles": {"p50": 0.01}}, "predicted_error_ratio": 0.2, "predicted_page": true, "alerts": [{"name": "Burn", "source": "Prometheus", "before": "inactive", "transitions": [{"state": "firing", "at": "2026-11-30T12:49:21.311328+00:00", "seconds": 20.0, "on_nothing": false}]}]}, {"number": 1, "title": "Error burst", "state": "finished", "requested_at": "2026-11-30T12:49:01.345428+00:00", "started_at": "2026-11-30T12:49:01.345428+00:00", "ended_at": "2026-11-30T12:50:01.345428+00:00", "sent": 100, "good": 60, "failed": {"500": 40}, "slow": 3, "hurt_seconds": 20.0, "quantiles": {"p50": 0.01, "p95": 0.02, "p99": 0.03}, "counted": {"requests": 100.0, "failed": 40.0, "slow": 3.0, "availability": 0.6, "quantiles": {"p50": 0.01}}, "predicted_error_ratio": 0.2, "predicted_page": true, "alerts": [{"name": "Burn", "source": "Prometheus", "before": "inactive", "transitions": [{"state": "firing", "at": "2026-11-30T12:49:21.311328+00:00", "seconds": 20.0, "on_nothing": false}]}]}], "verdicts": [{"criterion": "preflight", "title": "The lab stands", "status": "met", "headline": "Met", "observed": "Seen.", "checked_at": "2026-11-30T12:52:01.311328+00:00", "first_met_at": "2026-11-30T12:52:01.311328+00:00"}, {"criterion": "traffic", "title": "Traffic that Prometheus counted", "status": "met", "headline": "Met", "observed": "Seen.", "checked_at": "2026-11-30T12:52:01.311328+00:00", "first_met_at": "2026-11-30T12:52:01.311328+00:00"}, {"criterion": "dashboard", "title": "A dashboard that shows SLIs", "status": "met", "headline": "Met", "observed": "Seen.", "checked_at": "2026-11-30T12:52:01.311328+00:00", "first_met_at": "2026-11-30T12:52:01.311328+00:00"}, {"criterion": "slo", "title": "An SLO", "status": "met", "headline": "Met", "observed": "Seen.", "checked_at": "2026-11-30T12:52:01.311328+00:00", "first_met_at": "2026-11-30T12:52:01.311328+00:00"}, {"criterion": "alert", "title": "An alert tied to your SLO", "status": "met", "headline": "Met", "observed": "Seen.", "checked_at": "2026-11-30T12:52:01.311328+00:00", "first_met_at": "2026-11-30T12:52:01.311328+00:00"}, {"criterion": "impact", "title": "What it meant for users", "status": "met", "headline": "Met", "observed": "Seen.", "checked_at": "2026-11-30T12:52:01.311328+00:00", "first_met_at": "2026-11-30T12:52:01.311328+00:00"}], "unreachable": ["Prometheus can''t be reached at http://127.0.0.1:9 (Connection refused). Is it running?"], "impact": {"burst": 2, "failed": 10.0, "slow": 0.0, "seconds": 3.0, "sentence": "Nobody could buy.", "stated_at": "2026-11-30T12:52:01.311328+00:00"}, "dashboards": [], "alert_rules": []}');
INSERT INTO public.reflection_submission VALUES (2, 1, 2, 'two', '2026-11-30 12:52:01.311328+00', '{"slis": "What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. ", "slos": "What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. ", "scale": "What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. ", "struggle": "What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. "}', '{"taken_at": "2026-11-30T12:52:02.205530+00:00", "job": "flask-app", "slis": {"state": "unreachable", "reason": "Prometheus can''t be reached at http://127.0.0.1:9 (Connection refused). Is it running?", "window": "1m", "threshold_seconds": 0.3, "availability": null, "fast_share": null, "quantiles": {}, "requests": 0.0, "failed": 0.0, "requests_per_second": 0.0, "queries": {"availability": "sum(rate(http_requests_total{job=\"flask-app\",status!~\"5..\"}[1m]))\n/ sum(rate(http_requests_total{job=\"flask-app\"}[1m]))", "fast_share": "sum(rate(http_request_duration_seconds_bucket{job=\"flask-app\",le=\"0.3\"}[1m]))\n/ sum(rate(http_request_duration_seconds_count{job=\"flask-app\"}[1m]))", "p95": "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{job=\"flask-app\"}[1m])))"}}, "history": null, "slos": [{"name": "shop", "title": "Shop", "sli": "availability", "objective": 0.99, "window": "30d", "threshold_seconds": null, "promise": "99 % of requests answered without a server error, over 30d", "why": "", "created_at": "2026-11-30T12:52:01.311328+00:00"}], "bursts": [{"number": 2, "title": "Error burst", "state": "finished", "requested_at": "2026-11-30T12:49:01.345428+00:00", "started_at": "2026-11-30T12:49:01.345428+00:00", "ended_at": "2026-11-30T12:50:01.345428+00:00", "sent": 100, "good": 60, "failed": {"500": 40}, "slow": 3, "hurt_seconds": 20.0, "quantiles": {"p50": 0.01, "p95": 0.02, "p99": 0.03}, "counted": {"requests": 100.0, "failed": 40.0, "slow": 3.0, "availability": 0.6, "quantiles": {"p50": 0.01}}, "predicted_error_ratio": 0.2, "predicted_page": true, "alerts": [{"name": "Burn", "source": "Prometheus", "before": "inactive", "transitions": [{"state": "firing", "at": "2026-11-30T12:49:21.311328+00:00", "seconds": 20.0, "on_nothing": false}]}]}, {"number": 1, "title": "Error burst", "state": "finished", "requested_at": "2026-11-30T12:49:01.345428+00:00", "started_at": "2026-11-30T12:49:01.345428+00:00", "ended_at": "2026-11-30T12:50:01.345428+00:00", "sent": 100, "good": 60, "failed": {"500": 40}, "slow": 3, "hurt_seconds": 20.0, "quantiles": {"p50": 0.01, "p95": 0.02, "p99": 0.03}, "counted": {"requests": 100.0, "failed": 40.0, "slow": 3.0, "availability": 0.6, "quantiles": {"p50": 0.01}}, "predicted_error_ratio": 0.2, "predicted_page": true, "alerts": [{"name": "Burn", "source": "Prometheus", "before": "inactive", "transitions": [{"state": "firing", "at": "2026-11-30T12:49:21.311328+00:00", "seconds": 20.0, "on_nothing": false}]}]}], "verdicts": [{"criterion": "preflight", "title": "The lab stands", "status": "met", "headline": "Met", "observed": "Seen.", "checked_at": "2026-11-30T12:52:01.311328+00:00", "first_met_at": "2026-11-30T12:52:01.311328+00:00"}, {"criterion": "traffic", "title": "Traffic that Prometheus counted", "status": "met", "headline": "Met", "observed": "Seen.", "checked_at": "2026-11-30T12:52:01.311328+00:00", "first_met_at": "2026-11-30T12:52:01.311328+00:00"}, {"criterion": "dashboard", "title": "A dashboard that shows SLIs", "status": "met", "headline": "Met", "observed": "Seen.", "checked_at": "2026-11-30T12:52:01.311328+00:00", "first_met_at": "2026-11-30T12:52:01.311328+00:00"}, {"criterion": "slo", "title": "An SLO", "status": "met", "headline": "Met", "observed": "Seen.", "checked_at": "2026-11-30T12:52:01.311328+00:00", "first_met_at": "2026-11-30T12:52:01.311328+00:00"}, {"criterion": "alert", "title": "An alert tied to your SLO", "status": "met", "headline": "Met", "observed": "Seen.", "checked_at": "2026-11-30T12:52:01.311328+00:00", "first_met_at": "2026-11-30T12:52:01.311328+00:00"}, {"criterion": "impact", "title": "What it meant for users", "status": "met", "headline": "Met", "observed": "Seen.", "checked_at": "2026-11-30T12:52:01.311328+00:00", "first_met_at": "2026-11-30T12:52:01.311328+00:00"}], "unreachable": ["Prometheus can''t be reached at http://127.0.0.1:9 (Connection refused). Is it running?"], "impact": {"burst": 2, "failed": 10.0, "slow": 0.0, "seconds": 3.0, "sentence": "Nobody could buy.", "stated_at": "2026-11-30T12:52:01.311328+00:00"}, "dashboards": [], "alert_rules": []}');
INSERT INTO public.service VALUES (1, 1, 'flask-app');
INSERT INTO public.slo VALUES (1, 1, 'shop', 'Shop', 'availability', NULL, 0.99, '30d', '', '2026-11-30 12:52:01.311328+00', '2026-11-30 12:52:01.311328+00', NULL);
INSERT INTO public.slo_revision VALUES (1, 1, '2026-11-30 12:52:01.311328+00', 'created', '99 % of requests answered without a server error, over 30d', '');
INSERT INTO public.step_progress VALUES (1, 'meet-the-service', '2026-11-30 12:52:01.311328+00');
INSERT INTO public.stored_verdict VALUES (1, 'preflight', 'met', '{"status": "met", "code": "x", "headline": "Met", "observed": "Seen.", "expected": "It.", "where": null, "wait_seconds": null, "advice": "", "lines": [], "memory": {"uid": "x"}}', '2026-11-30 12:52:01.311328+00', '2026-11-30 12:52:01.311328+00');
INSERT INTO public.stored_verdict VALUES (1, 'traffic', 'met', '{"status": "met", "code": "x", "headline": "Met", "observed": "Seen.", "expected": "It.", "where": null, "wait_seconds": null, "advice": "", "lines": [], "memory": {"uid": "x"}}', '2026-11-30 12:52:01.311328+00', '2026-11-30 12:52:01.311328+00');
INSERT INTO public.stored_verdict VALUES (1, 'dashboard', 'met', '{"status": "met", "code": "x", "headline": "Met", "observed": "Seen.", "expected": "It.", "where": null, "wait_seconds": null, "advice": "", "lines": [], "memory": {"uid": "x"}}', '2026-11-30 12:52:01.311328+00', '2026-11-30 12:52:01.311328+00');
INSERT INTO public.stored_verdict VALUES (1, 'slo', 'met', '{"status": "met", "code": "x", "headline": "Met", "observed": "Seen.", "expected": "It.", "where": null, "wait_seconds": null, "advice": "", "lines": [], "memory": {"uid": "x"}}', '2026-11-30 12:52:01.311328+00', '2026-11-30 12:52:01.311328+00');
INSERT INTO public.stored_verdict VALUES (1, 'alert', 'met', '{"status": "met", "code": "x", "headline": "Met", "observed": "Seen.", "expected": "It.", "where": null, "wait_seconds": null, "advice": "", "lines": [], "memory": {"uid": "x"}}', '2026-11-30 12:52:01.311328+00', '2026-11-30 12:52:01.311328+00');
INSERT INTO public.stored_verdict VALUES (1, 'impact', 'met', '{"status": "met", "code": "x", "headline": "Met", "observed": "Seen.", "expected": "It.", "where": null, "wait_seconds": null, "advice": "", "lines": [], "memory": {"uid": "x"}}', '2026-11-30 12:52:01.311328+00', '2026-11-30 12:52:01.311328+00');
INSERT INTO public.stored_verdict VALUES (1, 'reflection', 'met', '{"status": "met", "code": "x", "headline": "Met", "observed": "Seen.", "expected": "It.", "where": null, "wait_seconds": null, "advice": "", "lines": [], "memory": {"uid": "x"}}', '2026-11-30 12:52:01.311328+00', '2026-11-30 12:52:01.311328+00');
INSERT INTO public.workbench_dashboard VALUES (1, 'Mine', '', '', NULL);
INSERT INTO public.workbench_panel VALUES (1, 1, NULL, 1, 'Traffic', 'sum(rate(http_requests_total[1m]))', 'short', '2026-11-30 12:52:01.311328+00', NULL);
SELECT pg_catalog.setval('public.alert_rule_text_id_seq', 1, true);
SELECT pg_catalog.setval('public.burst_id_seq', 2, true);
SELECT pg_catalog.setval('public.handed_in_dashboard_id_seq', 1, true);
SELECT pg_catalog.setval('public.impact_statement_id_seq', 2, true);
SELECT pg_catalog.setval('public.kept_alert_id_seq', 2, true);
SELECT pg_catalog.setval('public.learner_id_seq', 1, true);
SELECT pg_catalog.setval('public.reflection_set_aside_id_seq', 4, true);
SELECT pg_catalog.setval('public.reflection_submission_id_seq', 2, true);
SELECT pg_catalog.setval('public.service_id_seq', 1, true);
SELECT pg_catalog.setval('public.slo_id_seq', 1, true);
SELECT pg_catalog.setval('public.slo_revision_id_seq', 1, true);
SELECT pg_catalog.setval('public.workbench_panel_id_seq', 1, true);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.alert_rule_text
    ADD CONSTRAINT pk_alert_rule_text PRIMARY KEY (id);
ALTER TABLE ONLY public.alert_watch
    ADD CONSTRAINT pk_alert_watch PRIMARY KEY (burst_id);
ALTER TABLE ONLY public.burst
    ADD CONSTRAINT pk_burst PRIMARY KEY (id);
ALTER TABLE ONLY public.confirmed_query
    ADD CONSTRAINT pk_confirmed_query PRIMARY KEY (learner_id, digest);
ALTER TABLE ONLY public.handed_in_dashboard
    ADD CONSTRAINT pk_handed_in_dashboard PRIMARY KEY (id);
ALTER TABLE ONLY public.impact_statement
    ADD CONSTRAINT pk_impact_statement PRIMARY KEY (id);
ALTER TABLE ONLY public.kept_alert
    ADD CONSTRAINT pk_kept_alert PRIMARY KEY (id);
ALTER TABLE ONLY public.learner
    ADD CONSTRAINT pk_learner PRIMARY KEY (id);
ALTER TABLE ONLY public.reflection_answer
    ADD CONSTRAINT pk_reflection_answer PRIMARY KEY (learner_id, question_id);
ALTER TABLE ONLY public.reflection_set_aside
    ADD CONSTRAINT pk_reflection_set_aside PRIMARY KEY (id);
ALTER TABLE ONLY public.reflection_submission
    ADD CONSTRAINT pk_reflection_submission PRIMARY KEY (id);
ALTER TABLE ONLY public.service
    ADD CONSTRAINT pk_service PRIMARY KEY (id);
ALTER TABLE ONLY public.slo
    ADD CONSTRAINT pk_slo PRIMARY KEY (id);
ALTER TABLE ONLY public.slo_revision
    ADD CONSTRAINT pk_slo_revision PRIMARY KEY (id);
ALTER TABLE ONLY public.step_progress
    ADD CONSTRAINT pk_step_progress PRIMARY KEY (learner_id, step_id);
ALTER TABLE ONLY public.stored_verdict
    ADD CONSTRAINT pk_stored_verdict PRIMARY KEY (learner_id, criterion_id);
ALTER TABLE ONLY public.workbench_dashboard
    ADD CONSTRAINT pk_workbench_dashboard PRIMARY KEY (learner_id);
ALTER TABLE ONLY public.workbench_panel
    ADD CONSTRAINT pk_workbench_panel PRIMARY KEY (id);
ALTER TABLE ONLY public.alert_rule_text
    ADD CONSTRAINT uq_alert_rule_text_learner_id UNIQUE (learner_id);
ALTER TABLE ONLY public.burst
    ADD CONSTRAINT uq_burst_learner_id UNIQUE (learner_id, key);
ALTER TABLE ONLY public.handed_in_dashboard
    ADD CONSTRAINT uq_handed_in_dashboard_learner_id UNIQUE (learner_id, digest);
ALTER TABLE ONLY public.kept_alert
    ADD CONSTRAINT uq_kept_alert_burst_id UNIQUE (burst_id, source, identity);
ALTER TABLE ONLY public.reflection_set_aside
    ADD CONSTRAINT uq_reflection_set_aside_learner_id UNIQUE (learner_id, question_id, tab);
ALTER TABLE ONLY public.reflection_submission
    ADD CONSTRAINT uq_reflection_submission_key UNIQUE (learner_id, key);
ALTER TABLE ONLY public.reflection_submission
    ADD CONSTRAINT uq_reflection_submission_learner_id UNIQUE (learner_id, number);
ALTER TABLE ONLY public.service
    ADD CONSTRAINT uq_service_job UNIQUE (job);
ALTER TABLE ONLY public.service
    ADD CONSTRAINT uq_service_learner_id UNIQUE (learner_id);
ALTER TABLE ONLY public.slo
    ADD CONSTRAINT uq_slo_learner_id UNIQUE (learner_id, name);
ALTER TABLE ONLY public.workbench_panel
    ADD CONSTRAINT uq_workbench_panel_learner_id UNIQUE (learner_id, key);
CREATE INDEX ix_alert_watch_learner_id ON public.alert_watch USING btree (learner_id);
CREATE INDEX ix_burst_learner_id ON public.burst USING btree (learner_id);
CREATE INDEX ix_handed_in_dashboard_learner_id ON public.handed_in_dashboard USING btree (learner_id);
CREATE INDEX ix_impact_statement_learner_id ON public.impact_statement USING btree (learner_id);
CREATE INDEX ix_kept_alert_learner_id ON public.kept_alert USING btree (learner_id);
CREATE INDEX ix_reflection_set_aside_learner_id ON public.reflection_set_aside USING btree (learner_id);
CREATE INDEX ix_reflection_submission_learner_id ON public.reflection_submission USING btree (learner_id);
CREATE INDEX ix_slo_learner_id ON public.slo USING btree (learner_id);
CREATE INDEX ix_slo_revision_slo_id ON public.slo_revision USING btree (slo_id);
CREATE INDEX ix_workbench_panel_learner_id ON public.workbench_panel USING btree (learner_id);
CREATE UNIQUE INDEX uq_burst_one_active ON public.burst USING btree (learner_id) WHERE ((state)::text = ANY ((ARRAY['queued'::character varying, 'running'::character varying])::text[]));
ALTER TABLE ONLY public.alert_rule_text
    ADD CONSTRAINT fk_alert_rule_text_learner_id_learner FOREIGN KEY (learner_id) REFERENCES public.learner(id);
ALTER TABLE ONLY public.alert_watch
    ADD CONSTRAINT fk_alert_watch_burst_id_burst FOREIGN KEY (burst_id) REFERENCES public.burst(id);
ALTER TABLE ONLY public.alert_watch
    ADD CONSTRAINT fk_alert_watch_learner_id_learner FOREIGN KEY (learner_id) REFERENCES public.learner(id);
ALTER TABLE ONLY public.burst
    ADD CONSTRAINT fk_burst_learner_id_learner FOREIGN KEY (learner_id) REFERENCES public.learner(id);
ALTER TABLE ONLY public.confirmed_query
    ADD CONSTRAINT fk_confirmed_query_learner_id_learner FOREIGN KEY (learner_id) REFERENCES public.learner(id);
ALTER TABLE ONLY public.handed_in_dashboard
    ADD CONSTRAINT fk_handed_in_dashboard_learner_id_learner FOREIGN KEY (learner_id) REFERENCES public.learner(id);
ALTER TABLE ONLY public.impact_statement
    ADD CONSTRAINT fk_impact_statement_burst_id_burst FOREIGN KEY (burst_id) REFERENCES public.burst(id);
ALTER TABLE ONLY public.impact_statement
    ADD CONSTRAINT fk_impact_statement_learner_id_learner FOREIGN KEY (learner_id) REFERENCES public.learner(id);
ALTER TABLE ONLY public.kept_alert
    ADD CONSTRAINT fk_kept_alert_burst_id_burst FOREIGN KEY (burst_id) REFERENCES public.burst(id);
ALTER TABLE ONLY public.kept_alert
    ADD CONSTRAINT fk_kept_alert_learner_id_learner FOREIGN KEY (learner_id) REFERENCES public.learner(id);
ALTER TABLE ONLY public.reflection_answer
    ADD CONSTRAINT fk_reflection_answer_learner_id_learner FOREIGN KEY (learner_id) REFERENCES public.learner(id);
ALTER TABLE ONLY public.reflection_set_aside
    ADD CONSTRAINT fk_reflection_set_aside_learner_id_learner FOREIGN KEY (learner_id) REFERENCES public.learner(id);
ALTER TABLE ONLY public.reflection_submission
    ADD CONSTRAINT fk_reflection_submission_learner_id_learner FOREIGN KEY (learner_id) REFERENCES public.learner(id);
ALTER TABLE ONLY public.service
    ADD CONSTRAINT fk_service_learner_id_learner FOREIGN KEY (learner_id) REFERENCES public.learner(id);
ALTER TABLE ONLY public.slo
    ADD CONSTRAINT fk_slo_learner_id_learner FOREIGN KEY (learner_id) REFERENCES public.learner(id);
ALTER TABLE ONLY public.slo_revision
    ADD CONSTRAINT fk_slo_revision_slo_id_slo FOREIGN KEY (slo_id) REFERENCES public.slo(id);
ALTER TABLE ONLY public.step_progress
    ADD CONSTRAINT fk_step_progress_learner_id_learner FOREIGN KEY (learner_id) REFERENCES public.learner(id);
ALTER TABLE ONLY public.stored_verdict
    ADD CONSTRAINT fk_stored_verdict_learner_id_learner FOREIGN KEY (learner_id) REFERENCES public.learner(id);
ALTER TABLE ONLY public.workbench_dashboard
    ADD CONSTRAINT fk_workbench_dashboard_learner_id_learner FOREIGN KEY (learner_id) REFERENCES public.learner(id);
ALTER TABLE ONLY public.workbench_panel
    ADD CONSTRAINT fk_workbench_panel_learner_id_learner FOREIGN KEY (learner_id) REFERENCES public.learner(id);
