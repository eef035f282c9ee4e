BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE alert_rule_text (
	id INTEGER NOT NULL, 
	learner_id INTEGER NOT NULL, 
	text TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	saved_at DATETIME NOT NULL, 
	applied_text TEXT, 
	applied_at DATETIME, 
	removed_at DATETIME, 
	assisted BOOLEAN NOT NULL, 
	CONSTRAINT pk_alert_rule_text PRIMARY KEY (id), 
	CONSTRAINT fk_alert_rule_text_learner_id_learner FOREIGN KEY(learner_id) REFERENCES learner (id), 
	CONSTRAINT uq_alert_rule_text_learner_id UNIQUE (learner_id)
);
INSERT INTO "alert_rule_text" VALUES(1,1,'groups: []',1,'2026-11-30 12:51:54.286478',NULL,NULL,NULL,0);
CREATE TABLE alert_watch (
	burst_id INTEGER NOT NULL, 
	learner_id INTEGER NOT NULL, 
	claimed_by VARCHAR(64), 
	heartbeat_at DATETIME, 
	done_at DATETIME, 
	trouble TEXT NOT NULL, 
	plans JSON, 
	CONSTRAINT pk_alert_watch PRIMARY KEY (burst_id), 
	CONSTRAINT fk_alert_watch_burst_id_burst FOREIGN KEY(burst_id) REFERENCES burst (id), 
	CONSTRAINT fk_alert_watch_learner_id_learner FOREIGN KEY(learner_id) REFERENCES learner (id)
);
INSERT INTO "alert_watch" VALUES(1,1,'me','2026-11-30 12:51:54.286478','2026-11-30 12:51:54.286478','','[]');
INSERT INTO "alert_watch" VALUES(2,1,'me','2026-11-30 12:51:54.286478','2026-11-30 12:51:54.286478','','[]');
CREATE TABLE burst (
	id INTEGER NOT NULL, 
	learner_id INTEGER NOT NULL, 
	"key" VARCHAR(64) NOT NULL, 
	preset VARCHAR(40) NOT NULL, 
	title VARCHAR(80) NOT NULL, 
	spec JSON NOT NULL, 
	state VARCHAR(12) NOT NULL, 
	reason VARCHAR(500) NOT NULL, 
	stop_requested BOOLEAN NOT NULL, 
	requested_at DATETIME NOT NULL, 
	started_at DATETIME, 
	ended_at DATETIME, 
	heartbeat_at DATETIME NOT NULL, 
	counts JSON NOT NULL, 
	server_counts JSON, 
	predicted_error_ratio DOUBLE, 
	predicted_page BOOLEAN, 
	CONSTRAINT pk_burst PRIMARY KEY (id), 
	CONSTRAINT fk_burst_learner_id_learner FOREIGN KEY(learner_id) REFERENCES learner (id), 
	CONSTRAINT uq_burst_learner_id UNIQUE (learner_id, "key")
);
INSERT INTO "burst" VALUES(1,1,'key-1','error-burst','Error burst','{"mode": "open", "rate": 20, "duration": 60, "mix": [{"path": "/", "weight": 6, "method": "GET"}, {"path": "/search", "weight": 3, "method": "GET"}, {"path": "/checkout", "weight": 1, "method": "GET"}], "fault": {"error_ratio": 0.2, "latency_seconds": 0.0, "hang": false}}','finished','',0,'2026-11-30 12:48:54.312194','2026-11-30 12:48:54.312194','2026-11-30 12:49:54.312194','2026-11-30 12:51:54.312194','{"sent": 100, "good": 60, "slow": 3, "failed": {"500": 40}, "elapsed_seconds": 30.0, "p50": 0.01, "p95": 0.02, "p99": 0.03, "first_bad_due_at": 1796042944.312194, "last_bad_end_at": 1796042964.312194}','{"by_status": {"200": 60.0, "500": 40.0}, "slow": 3.0, "quantiles": {"p50": 0.01}, "restarted": false, "within": {"0.5": 97.0, "+Inf": 100.0}}',0.2,1);
INSERT INTO "burst" VALUES(2,1,'key-2','error-burst','Error burst','{"mode": "open", "rate": 20, "duration": 60, "mix": [{"path": "/", "weight": 6, "method": "GET"}, {"path": "/search", "weight": 3, "method": "GET"}, {"path": "/checkout", "weight": 1, "method": "GET"}], "fault": {"error_ratio": 0.2, "latency_seconds": 0.0, "hang": false}}','finished','',0,'2026-11-30 12:48:54.312194','2026-11-30 12:48:54.312194','2026-11-30 12:49:54.312194','2026-11-30 12:51:54.312194','{"sent": 100, "good": 60, "slow": 3, "failed": {"500": 40}, "elapsed_seconds": 30.0, "p50": 0.01, "p95": 0.02, "p99": 0.03, "first_bad_due_at": 1796042944.312194, "last_bad_end_at": 1796042964.312194}','{"by_status": {"200": 60.0, "500": 40.0}, "slow": 3.0, "quantiles": {"p50": 0.01}, "restarted": false, "within": {"0.5": 97.0, "+Inf": 100.0}}',0.2,1);
CREATE TABLE confirmed_query (
	learner_id INTEGER NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	expr TEXT NOT NULL, 
	sli VARCHAR(20) NOT NULL, 
	confirmed_at DATETIME NOT NULL, 
	CONSTRAINT pk_confirmed_query PRIMARY KEY (learner_id, digest), 
	CONSTRAINT fk_confirmed_query_learner_id_learner FOREIGN KEY(learner_id) REFERENCES learner (id)
);
INSERT INTO "confirmed_query" VALUES(1,'75a288c0d6898c5f7b054590845978a82a3ad79fcce3d43ff68a7501e5a91ee9','up','availability','2026-11-30 12:51:54.286478');
CREATE TABLE handed_in_dashboard (
	id INTEGER NOT NULL, 
	learner_id INTEGER NOT NULL, 
	file_name VARCHAR(120) NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	document TEXT NOT NULL, 
	handed_in_at DATETIME NOT NULL, 
	CONSTRAINT pk_handed_in_dashboard PRIMARY KEY (id), 
	CONSTRAINT fk_handed_in_dashboard_learner_id_learner FOREIGN KEY(learner_id) REFERENCES learner (id), 
	CONSTRAINT uq_handed_in_dashboard_learner_id UNIQUE (learner_id, digest)
);
INSERT INTO "handed_in_dashboard" VALUES(1,1,'mine.json','199eb0cbf80e0bd33c17e1e497e48f135cb6de529c447239addae9dcaeb15729','{"panels": []}','2026-11-30 12:51:54.286478');
CREATE TABLE impact_statement (
	id INTEGER NOT NULL, 
	learner_id INTEGER NOT NULL, 
	burst_id INTEGER NOT NULL, 
	failed DOUBLE NOT NULL, 
	slow DOUBLE NOT NULL, 
	seconds DOUBLE NOT NULL, 
	sentence TEXT NOT NULL, 
	stated_at DATETIME NOT NULL, 
	CONSTRAINT pk_impact_statement PRIMARY KEY (id), 
	CONSTRAINT fk_impact_statement_burst_id_burst FOREIGN KEY(burst_id) REFERENCES burst (id), 
	CONSTRAINT fk_impact_statement_learner_id_learner FOREIGN KEY(learner_id) REFERENCES learner (id)
);
INSERT INTO "impact_statement" VALUES(1,1,1,10.0,0.0,3.0,'Nobody could buy.','2026-11-30 12:51:54.286478');
INSERT INTO "impact_statement" VALUES(2,1,2,10.0,0.0,3.0,'Nobody could buy.','2026-11-30 12:51:54.286478');
CREATE TABLE kept_alert (
	id INTEGER NOT NULL, 
	learner_id INTEGER NOT NULL, 
	burst_id INTEGER NOT NULL, 
	source VARCHAR(12) NOT NULL, 
	identity VARCHAR(64) NOT NULL, 
	name TEXT NOT NULL, 
	labels JSON NOT NULL, 
	"before" VARCHAR(20) NOT NULL, 
	transitions JSON NOT NULL, 
	CONSTRAINT pk_kept_alert PRIMARY KEY (id), 
	CONSTRAINT fk_kept_alert_burst_id_burst FOREIGN KEY(burst_id) REFERENCES burst (id), 
	CONSTRAINT fk_kept_alert_learner_id_learner FOREIGN KEY(learner_id) REFERENCES learner (id), 
	CONSTRAINT uq_kept_alert_burst_id UNIQUE (burst_id, source, identity)
);
INSERT INTO "kept_alert" VALUES(1,1,1,'Prometheus','ac4041e54da7fee1c68ff4ad5db083f2a8fb19d0d0b39a8b6271486388a65f79','Burn','{"severity": "page"}','inactive','[["firing", 1796042954.286478, false]]');
INSERT INTO "kept_alert" VALUES(2,1,2,'Prometheus','ac4041e54da7fee1c68ff4ad5db083f2a8fb19d0d0b39a8b6271486388a65f79','Burn','{"severity": "page"}','inactive','[["firing", 1796042954.286478, false]]');
CREATE TABLE learner (
	id INTEGER NOT NULL, 
	name VARCHAR(80) NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_learner PRIMARY KEY (id)
);
INSERT INTO "learner" VALUES(1,'you','2026-11-30 12:51:54.166161');
CREATE TABLE reflection_answer (
	learner_id INTEGER NOT NULL, 
	question_id VARCHAR(20) NOT NULL, 
	text TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	tab VARCHAR(64) NOT NULL, 
	saved_at DATETIME NOT NULL, 
	CONSTRAINT pk_reflection_answer PRIMARY KEY (learner_id, question_id), 
	CONSTRAINT fk_reflection_answer_learner_id_learner FOREIGN KEY(learner_id) REFERENCES learner (id)
);
INSERT INTO "reflection_answer" VALUES(1,'slis','What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. ',1,'2cf8204b1b184749b350858e3d1c6b02','2026-11-30 12:51:54.286478');
INSERT INTO "reflection_answer" VALUES(1,'slos','What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. ',1,'93ae23d4ea824dab9398494983437c28','2026-11-30 12:51:54.286478');
INSERT INTO "reflection_answer" VALUES(1,'scale','What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. ',1,'2b143f69b9cf48e78d08fe7faf0afe29','2026-11-30 12:51:54.286478');
INSERT INTO "reflection_answer" VALUES(1,'struggle','What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. ',1,'36fc2da826434f40836ee0f18b4a2af1','2026-11-30 12:51:54.286478');
CREATE TABLE reflection_set_aside (
	id INTEGER NOT NULL, 
	learner_id INTEGER NOT NULL, 
	question_id VARCHAR(20) NOT NULL, 
	tab VARCHAR(64) NOT NULL, 
	text TEXT NOT NULL, 
	set_aside_at DATETIME NOT NULL, 
	CONSTRAINT pk_reflection_set_aside PRIMARY KEY (id), 
	CONSTRAINT fk_reflection_set_aside_learner_id_learner FOREIGN KEY(learner_id) REFERENCES learner (id), 
	CONSTRAINT uq_reflection_set_aside_learner_id UNIQUE (learner_id, question_id, tab)
);
INSERT INTO "reflection_set_aside" VALUES(1,1,'slis','1496973a9ca440d58e9c506f97d20837','What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. ','2026-11-30 12:51:54.286478');
INSERT INTO "reflection_set_aside" VALUES(2,1,'slos','cc4c3bfcc22e43da946bc226c645d28b','What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. ','2026-11-30 12:51:54.286478');
INSERT INTO "reflection_set_aside" VALUES(3,1,'scale','82f68981ac794a739fddb2ddf91cd412','What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. ','2026-11-30 12:51:54.286478');
INSERT INTO "reflection_set_aside" VALUES(4,1,'struggle','4f0bb8b70d2e4db89f3608858c9796c2','What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. What another tab says. ','2026-11-30 12:51:54.286478');
CREATE TABLE reflection_submission (
	id INTEGER NOT NULL, 
	learner_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	"key" VARCHAR(64) NOT NULL, 
	submitted_at DATETIME NOT NULL, 
	answers JSON NOT NULL, 
	evidence JSON NOT NULL, 
	CONSTRAINT pk_reflection_submission PRIMARY KEY (id), 
	CONSTRAINT fk_reflection_submission_learner_id_learner FOREIGN KEY(learner_id) REFERENCES learner (id), 
	CONSTRAINT uq_reflection_submission_key UNIQUE (learner_id, "key"), 
	CONSTRAINT uq_reflection_submission_learner_id UNIQUE (learner_id, number)
);
INSERT INTO "reflection_submission" VALUES(1,1,1,'one','2026-11-30 12:51:54.286478','{"slis": "What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. ", "slos": "What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. ", "scale": "What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. ", "struggle": "What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. "}','{"taken_at": "2026-11-30T12:51:55.057334+00:00", "job": "flask-app", "slis": {"state": "unreachable", "reason": "Prometheus can''t be reached at http://127.0.0.1:9 (Connection refused). Is it running?", "window": "1m", "threshold_seconds": 0.3, "availability": null, "fast_share": null, "quantiles": {}, "requests": 0.0, "failed": 0.0, "requests_per_second": 0.0, "queries": {"availability": "sum(rate(http_requests_total{job=\"flask-app\",status!~\"5..\"}[1m]))\n/ sum(rate(http_requests_total{job=\"flask-app\"}[1m]))", "fast_share": "sum(rate(http_request_duration_seconds_bucket{job=\"flask-app\",le=\"0.3\"}[1m]))\n/ sum(rate(http_request_duration_seconds_count{job=\"flask-app\"}[1m]))", "p95": "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{job=\"flask-app\"}[1m])))"}}, "history": null, "slos": [{"name": "shop", "title": "Shop", "sli": "availability", "objective": 0.99, "window": "30d", "threshold_seconds": null, "promise": "99 % of requests answered without a server error, over 30d", "why": "", "created_at": "2026-11-30T12:51:54.286478+00:00"}], "bursts": [{"number": 2, "title": "Error burst", "state": "finished", "requested_at": "2026-11-30T12:48:54.312194+00:00", "started_at": "2026-11-30T12:48:54.312194+00:00", "ended_at": "2026-11-30T12:49:54.312194+00:00", "sent": 100, "good": 60, "failed": {"500": 40}, "slow": 3, "hurt_seconds": 20.0, "quantiles": {"p50": 0.01, "p95": 0.02, "p99": 0.03}, "counted": {"requests": 100.0, "failed": 40.0, "slow": 3.0, "availability": 0.6, "quantiles": {"p50": 0.01}}, "predicted_error_ratio": 0.2, "predicted_page": true, "alerts": [{"name": "Burn", "source": "Prometheus", "before": "inactive", "transitions": [{"state": "firing", "at": "2026-11-30T12:49:14.286478+00:00", "seconds": 20.0, "on_nothing": false}]}]}, {"number": 1, "title": "Error burst", "state": "finished", "requested_at": "2026-11-30T12:48:54.312194+00:00", "started_at": "2026-11-30T12:48:54.312194+00:00", "ended_at": "2026-11-30T12:49:54.312194+00:00", "sent": 100, "good": 60, "failed": {"500": 40}, "slow": 3, "hurt_seconds": 20.0, "quantiles": {"p50": 0.01, "p95": 0.02, "p99": 0.03}, "counted": {"requests": 100.0, "failed": 40.0, "slow": 3.0, "availability": 0.6, "quantiles": {"p50": 0.01}}, "predicted_error_ratio": 0.2, "predicted_page": true, "alerts": [{"name": "Burn", "source": "Prometheus", "before": "inactive", "transitions": [{"state": "firing", "at": "2026-11-30T12:49:14.286478+00:00", "seconds": 20.0, "on_nothing": false}]}]}], "verdicts": [{"criterion": "preflight", "title": "The lab stands", "status": "met", "headline": "Met", "observed": "Seen.", "checked_at": "2026-11-30T12:51:54.286478+00:00", "first_met_at": "2026-11-30T12:51:54.286478+00:00"}, {"criterion": "traffic", "title": "Traffic that Prometheus counted", "status": "met", "headline": "Met", "observed": "Seen.", "checked_at": "2026-11-30T12:51:54.286478+00:00", "first_met_at": "2026-11-30T12:51:54.286478+00:00"}, {"criterion": "dashboard", "title": "A dashboard that shows SLIs", "status": "met", "headline": "Met", "observed": "Seen.", "checked_at": "2026-11-30T12:51:54.286478+00:00", "first_met_at": "2026-11-30T12:51:54.286478+00:00"}, {"criterion": "slo", "title": "An SLO", "status": "met", "headline": "Met", "observed": "Seen.", "checked_at": "2026-11-30T12:51:54.286478+00:00", "first_met_at": "2026-11-30T12:51:54.286478+00:00"}, {"criterion": "alert", "title": "An alert tied to your SLO", "status": "met", "headline": "Met", "observed": "Seen.", "checked_at": "2026-11-30T12:51:54.286478+00:00", "first_met_at": "2026-11-30T12:51:54.286478+00:00"}, {"criterion": "impact", "title": "What it meant for users", "status": "met", "headline": "Met", "observed": "Seen.", "checked_at": "2026-11-30T12:51:54.286478+00:00", "first_met_at": "2026-11-30T12:51:54.286478+00:00"}], "unreachable": ["Prometheus can''t be reached at http://127.0.0.1:9 (Connection refused). Is it running?"], "impact": {"burst": 2, "failed": 10.0, "slow": 0.0, "seconds": 3.0, "sentence": "Nobody could buy.", "stated_at": "2026-11-30T12:51:54.286478+00:00"}, "dashboards": [], "alert_rules": []}');
INSERT INTO "reflection_submission" VALUES(2,1,2,'two','2026-11-30 12:51:54.286478','{"slis": "What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. ", "slos": "What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. ", "scale": "What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. ", "struggle": "What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. What I learned. "}','{"taken_at": "2026-11-30T12:51:55.057334+00:00", "job": "flask-app", "slis": {"state": "unreachable", "reason": "Prometheus can''t be reached at http://127.0.0.1:9 (Connection refused). Is it running?", "window": "1m", "threshold_seconds": 0.3, "availability": null, "fast_share": null, "quantiles": {}, "requests": 0.0, "failed": 0.0, "requests_per_second": 0.0, "queries": {"availability": "sum(rate(http_requests_total{job=\"flask-app\",status!~\"5..\"}[1m]))\n/ sum(rate(http_requests_total{job=\"flask-app\"}[1m]))", "fast_share": "sum(rate(http_request_duration_seconds_bucket{job=\"flask-app\",le=\"0.3\"}[1m]))\n/ sum(rate(http_request_duration_seconds_count{job=\"flask-app\"}[1m]))", "p95": "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{job=\"flask-app\"}[1m])))"}}, "history": null, "slos": [{"name": "shop", "title": "Shop", "sli": "availability", "objective": 0.99, "window": "30d", "threshold_seconds": null, "promise": "99 % of requests answered without a server error, over 30d", "why": "", "created_at": "2026-11-30T12:51:54.286478+00:00"}], "bursts": [{"number": 2, "title": "Error burst", "state": "finished", "requested_at": "2026-11-30T12:48:54.312194+00:00", "started_at": "2026-11-30T12:48:54.312194+00:00", "ended_at": "2026-11-30T12:49:54.312194+00:00", "sent": 100, "good": 60, "failed": {"500": 40}, "slow": 3, "hurt_seconds": 20.0, "quantiles": {"p50": 0.01, "p95": 0.02, "p99": 0.03}, "counted": {"requests": 100.0, "failed": 40.0, "slow": 3.0, "availability": 0.6, "quantiles": {"p50": 0.01}}, "predicted_error_ratio": 0.2, "predicted_page": true, "alerts": [{"name": "Burn", "source": "Prometheus", "before": "inactive", "transitions": [{"state": "firing", "at": "2026-11-30T12:49:14.286478+00:00", "seconds": 20.0, "on_nothing": false}]}]}, {"number": 1, "title": "Error burst", "state": "finished", "requested_at": "2026-11-30T12:48:54.312194+00:00", "started_at": "2026-11-30T12:48:54.312194+00:00", "ended_at": "2026-11-30T12:49:54.312194+00:00", "sent": 100, "good": 60, "failed": {"500": 40}, "slow": 3, "hurt_seconds": 20.0, "quantiles": {"p50": 0.01, "p95": 0.02, "p99": 0.03}, "counted": {"requests": 100.0, "failed": 40.0, "slow": 3.0, "availability": 0.6, "quantiles": {"p50": 0.01}}, "predicted_error_ratio": 0.2, "predicted_page": true, "alerts": [{"name": "Burn", "source": "Prometheus", "before": "inactive", "transitions": [{"state": "firing", "at": "2026-11-30T12:49:14.286478+00:00", "seconds": 20.0, "on_nothing": false}]}]}], "verdicts": [{"criterion": "preflight", "title": "The lab stands", "status": "met", "headline": "Met", "observed": "Seen.", "checked_at": "2026-11-30T12:51:54.286478+00:00", "first_met_at": "2026-11-30T12:51:54.286478+00:00"}, {"criterion": "traffic", "title": "Traffic that Prometheus counted", "status": "met", "headline": "Met", "observed": "Seen.", "checked_at": "2026-11-30T12:51:54.286478+00:00", "first_met_at": "2026-11-30T12:51:54.286478+00:00"}, {"criterion": "dashboard", "title": "A dashboard that shows SLIs", "status": "met", "headline": "Met", "observed": "Seen.", "checked_at": "2026-11-30T12:51:54.286478+00:00", "first_met_at": "2026-11-30T12:51:54.286478+00:00"}, {"criterion": "slo", "title": "An SLO", "status": "met", "headline": "Met", "observed": "Seen.", "checked_at": "2026-11-30T12:51:54.286478+00:00", "first_met_at": "2026-11-30T12:51:54.286478+00:00"}, {"criterion": "alert", "title": "An alert tied to your SLO", "status": "met", "headline": "Met", "observed": "Seen.", "checked_at": "2026-11-30T12:51:54.286478+00:00", "first_met_at": "2026-11-30T12:51:54.286478+00:00"}, {"criterion": "impact", "title": "What it meant for users", "status": "met", "headline": "Met", "observed": "Seen.", "checked_at": "2026-11-30T12:51:54.286478+00:00", "first_met_at": "2026-11-30T12:51:54.286478+00:00"}], "unreachable": ["Prometheus can''t be reached at http://127.0.0.1:9 (Connection refused). Is it running?"], "impact": {"burst": 2, "failed": 10.0, "slow": 0.0, "seconds": 3.0, "sentence": "Nobody could buy.", "stated_at": "2026-11-30T12:51:54.286478+00:00"}, "dashboards": [], "alert_rules": []}');
CREATE TABLE service (
	id INTEGER NOT NULL, 
	learner_id INTEGER NOT NULL, 
	job VARCHAR(80) NOT NULL, 
	CONSTRAINT pk_service PRIMARY KEY (id), 
	CONSTRAINT fk_service_learner_id_learner FOREIGN KEY(learner_id) REFERENCES learner (id), 
	CONSTRAINT uq_service_job UNIQUE (job), 
	CONSTRAINT uq_service_learner_id UNIQUE (learner_id)
);
INSERT INTO "service" VALUES(1,1,'flask-app');
CREATE TABLE slo (
	id INTEGER NOT NULL, 
	learner_id INTEGER NOT NULL, 
	name VARCHAR(63) NOT NULL, 
	title VARCHAR(120) NOT NULL, 
	sli VARCHAR(20) NOT NULL, 
	threshold_s DOUBLE, 
	objective DOUBLE NOT NULL, 
	window VARCHAR(8) NOT NULL, 
	why TEXT NOT NULL, 
	created_at DATETIME NOT NULL, 
	changed_at DATETIME NOT NULL, 
	deleted_at DATETIME, 
	CONSTRAINT pk_slo PRIMARY KEY (id), 
	CONSTRAINT fk_slo_learner_id_learner FOREIGN KEY(learner_id) REFERENCES learner (id), 
	CONSTRAINT uq_slo_learner_id UNIQUE (learner_id, name)
);
INSERT INTO "slo" VALUES(1,1,'shop','Shop','availability',NULL,0.99,'30d','','2026-11-30 12:51:54.286478','2026-11-30 12:51:54.286478',NULL);
CREATE TABLE slo_revision (
	id INTEGER NOT NULL, 
	slo_id INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	what VARCHAR(20) NOT NULL, 
	summary VARCHAR(300) NOT NULL, 
	why TEXT NOT NULL, 
	CONSTRAINT pk_slo_revision PRIMARY KEY (id), 
	CONSTRAINT fk_slo_revision_slo_id_slo FOREIGN KEY(slo_id) REFERENCES slo (id)
);
INSERT INTO "slo_revision" VALUES(1,1,'2026-11-30 12:51:54.286478','created','99 % of requests answered without a server error, over 30d','');
CREATE TABLE step_progress (
	learner_id INTEGER NOT NULL, 
	step_id VARCHAR(40) NOT NULL, 
	done_at DATETIME NOT NULL, 
	CONSTRAINT pk_step_progress PRIMARY KEY (learner_id, step_id), 
	CONSTRAINT fk_step_progress_learner_id_learner FOREIGN KEY(learner_id) REFERENCES learner (id)
);
INSERT INTO "step_progress" VALUES(1,'meet-the-service','2026-11-30 12:51:54.286478');
CREATE TABLE stored_verdict (
	learner_id INTEGER NOT NULL, 
	criterion_id VARCHAR(40) NOT NULL, 
	status VARCHAR(20) NOT NULL, 
	verdict JSON NOT NULL, 
	checked_at DATETIME NOT NULL, 
	first_met_at DATETIME, 
	CONSTRAINT pk_stored_verdict PRIMARY KEY (learner_id, criterion_id), 
	CONSTRAINT fk_stored_verdict_learner_id_learner FOREIGN KEY(learner_id) REFERENCES learner (id)
);
INSERT INTO "stored_verdict" VALUES(1,'preflight','met','{"status": "met", "code": "x", "headline": "Met", "observed": "Seen.", "expected": "It.", "where": null, "wait_seconds": null, "advice": "", "lines": [], "memory": {"uid": "x"}}','2026-11-30 12:51:54.286478','2026-11-30 12:51:54.286478');
INSERT INTO "stored_verdict" VALUES(1,'traffic','met','{"status": "met", "code": "x", "headline": "Met", "observed": "Seen.", "expected": "It.", "where": null, "wait_seconds": null, "advice": "", "lines": [], "memory": {"uid": "x"}}','2026-11-30 12:51:54.286478','2026-11-30 12:51:54.286478');
INSERT INTO "stored_verdict" VALUES(1,'dashboard','met','{"status": "met", "code": "x", "headline": "Met", "observed": "Seen.", "expected": "It.", "where": null, "wait_seconds": null, "advice": "", "lines": [], "memory": {"uid": "x"}}','2026-11-30 12:51:54.286478','2026-11-30 12:51:54.286478');
INSERT INTO "stored_verdict" VALUES(1,'slo','met','{"status": "met", "code": "x", "headline": "Met", "observed": "Seen.", "expected": "It.", "where": null, "wait_seconds": null, "advice": "", "lines": [], "memory": {"uid": "x"}}','2026-11-30 12:51:54.286478','2026-11-30 12:51:54.286478');
INSERT INTO "stored_verdict" VALUES(1,'alert','met','{"status": "met", "code": "x", "headline": "Met", "observed": "Seen.", "expected": "It.", "where": null, "wait_seconds": null, "advice": "", "lines": [], "memory": {"uid": "x"}}','2026-11-30 12:51:54.286478','2026-11-30 12:51:54.286478');
INSERT INTO "stored_verdict" VALUES(1,'impact','met','{"status": "met", "code": "x", "headline": "Met", "observed": "Seen.", "expected": "It.", "where": null, "wait_seconds": null, "advice": "", "lines": [], "memory": {"uid": "x"}}','2026-11-30 12:51:54.286478','2026-11-30 12:51:54.286478');
INSERT INTO "stored_verdict" VALUES(1,'reflection','met','{"status": "met", "code": "x", "headline": "Met", "observed": "Seen.", "expected": "It.", "where": null, "wait_seconds": null, "advice": "", "lines": [], "memory": {"uid": "x"}}','2026-11-30 12:51:54.286478','2026-11-30 12:51:54.286478');
CREATE TABLE workbench_dashboard (
	learner_id INTEGER NOT NULL, 
	title VARCHAR(120) NOT NULL, 
	grafana_uid VARCHAR(40) NOT NULL, 
	grafana_path VARCHAR(500) NOT NULL, 
	pushed_at DATETIME, 
	CONSTRAINT pk_workbench_dashboard PRIMARY KEY (learner_id), 
	CONSTRAINT fk_workbench_dashboard_learner_id_learner FOREIGN KEY(learner_id) REFERENCES learner (id)
);
INSERT INTO "workbench_dashboard" VALUES(1,'Mine','','',NULL);
CREATE TABLE workbench_panel (
	id INTEGER NOT NULL, 
	learner_id INTEGER NOT NULL, 
	"key" VARCHAR(64), 
	position INTEGER NOT NULL, 
	title VARCHAR(120) NOT NULL, 
	expr TEXT NOT NULL, 
	unit VARCHAR(20) NOT NULL, 
	saved_at DATETIME NOT NULL, 
	removed_at DATETIME, 
	CONSTRAINT pk_workbench_panel PRIMARY KEY (id), 
	CONSTRAINT fk_workbench_panel_learner_id_learner FOREIGN KEY(learner_id) REFERENCES learner (id), 
	CONSTRAINT uq_workbench_panel_learner_id UNIQUE (learner_id, "key")
);
INSERT INTO "workbench_panel" VALUES(1,1,NULL,1,'Traffic','sum(rate(http_requests_total[1m]))','short','2026-11-30 12:51:54.286478',NULL);
CREATE INDEX ix_burst_learner_id ON burst (learner_id);
CREATE UNIQUE INDEX uq_burst_one_active ON burst (learner_id) WHERE state IN ('queued', 'running');
CREATE INDEX ix_handed_in_dashboard_learner_id ON handed_in_dashboard (learner_id);
CREATE INDEX ix_reflection_set_aside_learner_id ON reflection_set_aside (learner_id);
CREATE INDEX ix_reflection_submission_learner_id ON reflection_submission (learner_id);
CREATE INDEX ix_slo_learner_id ON slo (learner_id);
CREATE INDEX ix_workbench_panel_learner_id ON workbench_panel (learner_id);
CREATE INDEX ix_alert_watch_learner_id ON alert_watch (learner_id);
CREATE INDEX ix_impact_statement_learner_id ON impact_statement (learner_id);
CREATE INDEX ix_kept_alert_learner_id ON kept_alert (learner_id);
CREATE INDEX ix_slo_revision_slo_id ON slo_revision (slo_id);
COMMIT;
