"""Row-level security, and the hash chain of the audit trail."""

from django.db import migrations

from nuanxin.kernel.rls import append_only, bind_org, secure

CHAIN = migrations.RunSQL(
    """
    -- what a line's digest covers: all that was written except the path, which follows a moved node
    CREATE FUNCTION records_digest(e records_entry, before bytea) RETURNS bytea LANGUAGE sql STABLE AS $$
        SELECT sha256(before || convert_to(jsonb_build_array(e.chain, e.number, extract(epoch FROM e.at),
            e.staff_id, e.post_id, e.action, e.kind, e.subject, e.note, e.detail)::text, 'UTF8'))
    $$;
    CREATE FUNCTION records_chain() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE head records_chainhead;
    BEGIN
        SELECT id INTO STRICT NEW.chain FROM orgs_node WHERE path = NEW.org_path;
        INSERT INTO records_chainhead (chain, number, digest) VALUES (NEW.chain, 0, '') ON CONFLICT DO NOTHING;
        SELECT * INTO head FROM records_chainhead WHERE chain = NEW.chain FOR UPDATE;
        NEW.number := head.number + 1;
        NEW.at := clock_timestamp();
        NEW.digest := records_digest(NEW, head.digest);
        UPDATE records_chainhead SET number = NEW.number, digest = NEW.digest WHERE chain = NEW.chain;
        RETURN NEW;
    END $$;
    CREATE TRIGGER chain BEFORE INSERT ON records_entry FOR EACH ROW EXECUTE FUNCTION records_chain();
    """,
    """
    DROP TRIGGER chain ON records_entry; DROP FUNCTION records_chain();
    DROP FUNCTION records_digest(records_entry, bytea);
    """,
)


class Migration(migrations.Migration):
    dependencies = [("records", "0001_initial"), ("orgs", "0002_guard")]
    operations = [
        CHAIN,
        append_only("records_entry"),
        *[
            operation
            for table in ("records_entry", "records_jobrun", "records_attachment")
            for operation in (secure(table), bind_org(table))
        ],
    ]
