"""Balances follow transfers; transfers are never changed; quotas are taken by one function."""

from django.db import migrations

from nuanxin.kernel.rls import append_only, bind_org, in_scope, secure

BALANCES = migrations.RunSQL(
    """
    -- a post or void names the very accounts and amount of the hold it resolves; a reversal the
    -- mirror of the transfer it takes back
    CREATE FUNCTION ledger_check_transfer() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE before ledger_transfer;
    BEGIN
        IF NEW.kind IN ('post', 'void') THEN
            SELECT * INTO STRICT before FROM ledger_transfer WHERE id = NEW.resolves_id;
            IF before.kind <> 'hold' OR (before.debit_id, before.credit_id, before.amount)
                IS DISTINCT FROM (NEW.debit_id, NEW.credit_id, NEW.amount) THEN
                RAISE EXCEPTION 'transfer does not match the hold it resolves' USING ERRCODE = 'check_violation';
            END IF;
        ELSIF NEW.kind = 'reverse' THEN
            SELECT * INTO STRICT before FROM ledger_transfer WHERE id = NEW.reverses_id;
            IF before.kind NOT IN ('appropriate', 'post') OR (before.debit_id, before.credit_id, before.amount)
                IS DISTINCT FROM (NEW.credit_id, NEW.debit_id, NEW.amount) THEN
                RAISE EXCEPTION 'transfer does not mirror the one it reverses' USING ERRCODE = 'check_violation';
            END IF;
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER check_transfer BEFORE INSERT ON ledger_transfer
        FOR EACH ROW WHEN (NEW.kind IN ('post', 'void', 'reverse')) EXECUTE FUNCTION ledger_check_transfer();

    CREATE FUNCTION ledger_book() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        -- in one order, so that two bookings over the same accounts wait instead of deadlocking
        PERFORM 1 FROM ledger_account WHERE id IN (
            SELECT debit_id FROM fresh UNION SELECT credit_id FROM fresh) ORDER BY id FOR UPDATE;
        UPDATE ledger_account a SET
            debits_posted = a.debits_posted + d.dr_posted, debits_pending = a.debits_pending + d.dr_pending,
            credits_posted = a.credits_posted + d.cr_posted, credits_pending = a.credits_pending + d.cr_pending
        FROM (
            SELECT account, sum(dr_posted) dr_posted, sum(dr_pending) dr_pending,
                   sum(cr_posted) cr_posted, sum(cr_pending) cr_pending
            FROM (
                SELECT debit_id AS account, CASE WHEN kind IN ('appropriate', 'post', 'reverse') THEN amount ELSE 0 END dr_posted,
                       CASE kind WHEN 'hold' THEN amount WHEN 'post' THEN -amount WHEN 'void' THEN -amount ELSE 0 END dr_pending,
                       0 cr_posted, 0 cr_pending FROM fresh
                UNION ALL
                SELECT credit_id, 0, 0, CASE WHEN kind IN ('appropriate', 'post', 'reverse') THEN amount ELSE 0 END,
                       CASE kind WHEN 'hold' THEN amount WHEN 'post' THEN -amount WHEN 'void' THEN -amount ELSE 0 END FROM fresh
            ) lines GROUP BY account
        ) d WHERE a.id = d.account;
        RETURN NULL;
    END $$;
    CREATE TRIGGER book AFTER INSERT ON ledger_transfer REFERENCING NEW TABLE AS fresh
        FOR EACH STATEMENT EXECUTE FUNCTION ledger_book();

    CREATE FUNCTION ledger_only_by_transfer() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' AND NEW.debits_posted = 0 AND NEW.debits_pending = 0
           AND NEW.credits_posted = 0 AND NEW.credits_pending = 0 THEN
            RETURN NEW;
        ELSIF TG_OP = 'UPDATE' AND pg_trigger_depth() > 1 THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'account balances move by transfers only' USING ERRCODE = 'restrict_violation';
    END $$;
    CREATE TRIGGER only_by_transfer BEFORE INSERT OR UPDATE ON ledger_account
        FOR EACH ROW EXECUTE FUNCTION ledger_only_by_transfer();
    """,
    """
    DROP TRIGGER only_by_transfer ON ledger_account; DROP FUNCTION ledger_only_by_transfer();
    DROP TRIGGER book ON ledger_transfer; DROP FUNCTION ledger_book();
    DROP TRIGGER check_transfer ON ledger_transfer; DROP FUNCTION ledger_check_transfer();
    """,
)

QUOTAS = migrations.RunSQL(
    """
    ALTER TABLE ledger_quota ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    CREATE POLICY lookup ON ledger_quota USING (current_setting('nuanxin.lookup', true) = 'quota');
    -- Looks across scopes on purpose: what a person has had anywhere in the tree counts against the
    -- cap. It answers only by succeeding or by the CHECK quota_not_exceeded.
    CREATE FUNCTION ledger_take_quota(measure_ text, year_ int, keys bytea[], amounts bigint[], cap_ bigint)
    RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        PERFORM set_config('nuanxin.lookup', 'quota', true);
        INSERT INTO ledger_quota AS q (measure, key, year, used, cap)
        SELECT measure_, t.key, year_, sum(t.amount), cap_ FROM unnest(keys, amounts) AS t (key, amount)
        GROUP BY t.key ORDER BY t.key
        ON CONFLICT (measure, key, year) DO UPDATE SET used = q.used + EXCLUDED.used, cap = EXCLUDED.cap;
        PERFORM set_config('nuanxin.lookup', '', true);
    END $$;
    -- Which of these keys would pass the cap: so that a list can name the rows before anything is held.
    CREATE FUNCTION ledger_over_quota(measure_ text, year_ int, keys bytea[], amounts bigint[], cap_ bigint)
    RETURNS TABLE (over_key bytea, over_used bigint, over_asked bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        PERFORM set_config('nuanxin.lookup', 'quota', true);
        RETURN QUERY
        SELECT t.key, coalesce(q.used, 0), t.asked
        FROM (SELECT u.key, sum(u.amount)::bigint asked FROM unnest(keys, amounts) AS u (key, amount) GROUP BY u.key) t
        LEFT JOIN ledger_quota q ON (q.measure, q.key, q.year) = (measure_, t.key, year_)
        WHERE coalesce(q.used, 0) + t.asked > cap_;
        PERFORM set_config('nuanxin.lookup', '', true);
    END $$;
    """,
    """
    DROP FUNCTION ledger_over_quota(text, int, bytea[], bigint[], bigint);
    DROP FUNCTION ledger_take_quota(text, int, bytea[], bigint[], bigint);
    DROP POLICY lookup ON ledger_quota;
    """,
)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial"), ("orgs", "0002_guard")]
    operations = [
        BALANCES,
        QUOTAS,
        append_only("ledger_transfer"),
        secure("ledger_account"),
        bind_org("ledger_account"),
        secure("ledger_transfer", "debit_path", "credit_path", write=in_scope("debit_path")),
        bind_org("ledger_transfer", "debit_path"),
        bind_org("ledger_transfer", "credit_path"),
    ]
