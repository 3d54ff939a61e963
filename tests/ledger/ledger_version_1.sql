BEGIN TRANSACTION;
CREATE TABLE answers (
	seq INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	content TEXT NOT NULL, 
	previous_sha256 TEXT NOT NULL, 
	row_sha256 TEXT NOT NULL, 
	recorded_at TEXT NOT NULL, 
	observation_id TEXT NOT NULL, 
	PRIMARY KEY (seq), 
	UNIQUE (id)
);
INSERT INTO "answers" VALUES(1,'A6b089a0e330b','{"number":1,"observation_id":"Oda960a8f97f7"}','0000000000000000000000000000000000000000000000000000000000000000','42076cb6a893e9444b365d0b981b2d780f0274a74ed1d63f670bb7cfe3e84d23','2016-09-20T12:00:00+00:00','Oda960a8f97f7');
INSERT INTO "answers" VALUES(2,'Aa5b861e01ed1','{"number":2,"observation_id":"Obf9917634816"}','42076cb6a893e9444b365d0b981b2d780f0274a74ed1d63f670bb7cfe3e84d23','c4c704ccd24bfe922ed5e47a749497e669790ed494ccdcac3264ac1277d766a6','2016-09-20T12:00:00+00:00','Obf9917634816');
CREATE TABLE findings (
	seq INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	content TEXT NOT NULL, 
	previous_sha256 TEXT NOT NULL, 
	row_sha256 TEXT NOT NULL, 
	recorded_at TEXT NOT NULL, 
	facility_id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	west FLOAT NOT NULL, 
	south FLOAT NOT NULL, 
	east FLOAT NOT NULL, 
	north FLOAT NOT NULL, 
	geometry BLOB NOT NULL, 
	PRIMARY KEY (seq), 
	UNIQUE (id)
);
INSERT INTO "findings" VALUES(1,'Fc27bc600baa6','{"after":{"acquired_from_at":"2016-09-12T02:11:21+00:00","acquired_to_at":"2016-09-12T02:11:21+00:00","credit":"Contains modified Copernicus Sentinel data 2016","id":"S2A_52TDN_20160912","licence":"CC-BY-SA-3.0-IGO","sensor":"sentinel-2","sha256":["2016a09a12000000000000000000000000000000000000000000000000000000"]},"area_high_m2":1650.0,"area_low_m2":1100.0,"area_m2":1370.5,"before":{"acquired_from_at":"2016-08-20T02:11:21+00:00","acquired_to_at":"2016-08-20T02:11:21+00:00","credit":"Contains modified Copernicus Sentinel data 2016","id":"S2A_52TDN_20160820","licence":"CC-BY-SA-3.0-IGO","sensor":"sentinel-2","sha256":["2016a08a20000000000000000000000000000000000000000000000000000000"]},"caveats":["Bare soil can look like this."],"confidence":"medium","evidence":[["built-up index","+0.12"]],"facility_id":"khs-12-jongori","geometry":{"coordinates":[[[129.6005,42.5],[129.6005,42.5003],[129.6,42.5003],[129.6,42.5],[129.6005,42.5]]],"type":"Polygon"},"kind":"construction","method":"construction/1","outline_version":1,"position":"inside"}','0000000000000000000000000000000000000000000000000000000000000000','d6c558a52efae6471c0412d9259a53b1e475aa61f4e6c70b5e7d5eedca3cd2f2','2016-09-20T12:00:00+00:00','khs-12-jongori','construction',129.6,42.5,129.6005,42.5003,X'01030000000100000005000000F0A7C64B373360400000000000404540F0A7C64B373360402B1895D40940454033333333333360402B1895D40940454033333333333360400000000000404540F0A7C64B373360400000000000404540');
CREATE TABLE observations (
	seq INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	content TEXT NOT NULL, 
	previous_sha256 TEXT NOT NULL, 
	row_sha256 TEXT NOT NULL, 
	recorded_at TEXT NOT NULL, 
	facility_id TEXT NOT NULL, 
	method TEXT NOT NULL, 
	outcome TEXT NOT NULL, 
	PRIMARY KEY (seq), 
	UNIQUE (id)
);
INSERT INTO "observations" VALUES(1,'Oda960a8f97f7','{"after":{"acquired_from_at":"2016-09-12T02:11:21+00:00","acquired_to_at":"2016-09-12T02:11:21+00:00","credit":"Contains modified Copernicus Sentinel data 2016","id":"S2A_52TDN_20160912","licence":"CC-BY-SA-3.0-IGO","sensor":"sentinel-2","sha256":["2016a09a12000000000000000000000000000000000000000000000000000000"]},"before":{"acquired_from_at":"2016-08-20T02:11:21+00:00","acquired_to_at":"2016-08-20T02:11:21+00:00","credit":"Contains modified Copernicus Sentinel data 2016","id":"S2A_52TDN_20160820","licence":"CC-BY-SA-3.0-IGO","sensor":"sentinel-2","sha256":["2016a08a20000000000000000000000000000000000000000000000000000000"]},"caveats":[],"facility_id":"khs-12-jongori","finding_ids":["Fc27bc600baa6"],"measured":[],"method":"construction/1","not_seen":null,"outcome":"changed","outline_version":1,"reason":"","seen_fraction":1.0,"settings_sha256":"5555555555555555555555555555555555555555555555555555555555555555"}','0000000000000000000000000000000000000000000000000000000000000000','d5cb2343bbe0034440199b72b73488e969b097521bf5a81377f762a89e6a91ac','2016-09-20T12:00:00+00:00','khs-12-jongori','construction/1','changed');
INSERT INTO "observations" VALUES(2,'Obf9917634816','{"after":{"acquired_from_at":"2016-09-12T02:11:21+00:00","acquired_to_at":"2016-09-12T02:11:21+00:00","credit":"Contains modified Copernicus Sentinel data 2016","id":"S2A_52TDN_20160912","licence":"CC-BY-SA-3.0-IGO","sensor":"sentinel-2","sha256":["2016a09a12000000000000000000000000000000000000000000000000000000"]},"before":{"acquired_from_at":"2016-08-20T02:11:21+00:00","acquired_to_at":"2016-08-20T02:11:21+00:00","credit":"Contains modified Copernicus Sentinel data 2016","id":"S2A_52TDN_20160820","licence":"CC-BY-SA-3.0-IGO","sensor":"sentinel-2","sha256":["2016a08a20000000000000000000000000000000000000000000000000000000"]},"caveats":[],"facility_id":"kls-16","finding_ids":[],"measured":[],"method":"construction/1","not_seen":null,"outcome":"not_seen","outline_version":1,"reason":"cloud","seen_fraction":0.1,"settings_sha256":"5555555555555555555555555555555555555555555555555555555555555555"}','d5cb2343bbe0034440199b72b73488e969b097521bf5a81377f762a89e6a91ac','5ee0aa397e1c37e058ed29a7f8d5fd2e3d4dfd55510e2983d2595aabfd858f65','2016-09-20T12:00:00+00:00','kls-16','construction/1','not_seen');
CREATE TABLE schema (
	version INTEGER NOT NULL
);
INSERT INTO "schema" VALUES(1);
CREATE INDEX ix_observations_facility_id ON observations (facility_id);
CREATE INDEX ix_findings_facility_id ON findings (facility_id);
CREATE INDEX ix_answers_observation_id ON answers (observation_id);
CREATE TRIGGER schema_update BEFORE UPDATE ON schema BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER schema_delete BEFORE DELETE ON schema BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER observations_update BEFORE UPDATE ON observations BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER observations_delete BEFORE DELETE ON observations BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER findings_update BEFORE UPDATE ON findings BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER findings_delete BEFORE DELETE ON findings BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER answers_update BEFORE UPDATE ON answers BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER answers_delete BEFORE DELETE ON answers BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
COMMIT;
