"""Balances follow transfers; transfers are never changed; quotas are taken by one function."""

from django.db import migrations

from nuanxin.kernel.rls import append_only, bind_org, check_at_once, in_scope, secure

BALANCES = migrations.RunSQL(
    """
    -- Asked once a statement, over all its transfers: both accounts exist in the actor's sight, belong
    -- to one fund and lie where the transfer says; a hold is for a use the fund allows; a post or void
    -- names the very accounts and amount of the hold it resolves; a reversal mirrors what it takes back.
    CREATE FUNCTION ledger_check_transfers() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (
            SELECT FROM fresh f
            LEFT JOIN ledger_account d ON d.id = f.debit_id
            LEFT JOIN ledger_account c ON c.id = f.credit_id
            WHERE (d.fund_id = c.fund_id AND d.org_path = f.debit_path AND c.org_path = f.credit_path
                   AND CASE f.kind WHEN 'appropriate' THEN d.kind <> 'paid' AND c.kind = 'available'
                                   WHEN 'reverse' THEN true
                                   ELSE d.kind = 'available' AND c.kind = 'paid' END) IS NOT TRUE
        ) THEN
            RAISE EXCEPTION 'a transfer needs two fitting accounts of one fund in sight'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'transfer_accounts';
        END IF;
        IF EXISTS (
            SELECT FROM fresh f JOIN ledger_account d ON d.id = f.debit_id
            JOIN ledger_fund u ON u.id = d.fund_id
            WHERE f.kind = 'hold' AND NOT f.purpose = ANY (u.uses)
        ) THEN
            RAISE EXCEPTION 'the fund is not for this purpose'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'transfer_purpose';
        END IF;
        IF EXISTS (
            SELECT FROM fresh f LEFT JOIN ledger_transfer h ON h.id = f.resolves_id
            WHERE f.kind IN ('post', 'void') AND (h.kind = 'hold' AND h.debit_id = f.debit_id
                  AND h.credit_id = f.credit_id AND h.amount = f.amount) IS NOT TRUE
        ) THEN
            RAISE EXCEPTION 'transfer does not match the hold it resolves'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'transfer_matches_hold';
        END IF;
        IF EXISTS (
            SELECT FROM fresh f LEFT JOIN ledger_transfer b ON b.id = f.reverses_id
            WHERE f.kind = 'reverse' AND (b.kind IN ('appropriate', 'post') AND b.debit_id = f.credit_id
                  AND b.credit_id = f.debit_id AND b.amount = f.amount) IS NOT TRUE
        ) THEN
            RAISE EXCEPTION 'transfer does not mirror the one it reverses'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'transfer_mirrors';
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER a_check AFTER INSERT ON ledger_transfer REFERENCING NEW TABLE AS fresh
        FOR EACH STATEMENT EXECUTE FUNCTION ledger_check_transfers();

    CREATE FUNCTION ledger_book() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        -- in one order, so that two bookings over the same accounts wait instead of deadlocking
        PERFORM 1 FROM ledger_account WHERE id IN (
            SELECT debit_id FROM fresh UNION SELECT credit_id FROM fresh) ORDER BY id FOR NO KEY UPDATE;
        UPDATE ledger_account a SET
            debits_posted = a.debits_posted + coalesce(d.dr_posted, 0),
            debits_pending = a.debits_pending + coalesce(d.dr_pending, 0),
            credits_posted = a.credits_posted + coalesce(d.cr_posted, 0),
            credits_pending = a.credits_pending + coalesce(d.cr_pending, 0)
        FROM (
            SELECT account, sum(posted) FILTER (WHERE side = 'dr') dr_posted,
                   sum(pending) FILTER (WHERE side = 'dr') dr_pending,
                   sum(posted) FILTER (WHERE side = 'cr') cr_posted,
                   sum(pending) FILTER (WHERE side = 'cr') cr_pending
            FROM (
                SELECT debit_id, credit_id, CASE WHEN kind IN ('hold', 'void') THEN 0 ELSE amount END posted,
                       CASE WHEN kind = 'hold' THEN amount WHEN kind IN ('post', 'void') THEN -amount
                            ELSE 0 END pending
                FROM fresh
            ) f CROSS JOIN LATERAL (VALUES ('dr', debit_id), ('cr', credit_id)) line (side, account)
            GROUP BY account
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
    DROP TRIGGER a_check ON ledger_transfer; DROP FUNCTION ledger_check_transfers();
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
        -- first the rows, locked in one order; then the amounts, of which some may be given back
        INSERT INTO ledger_quota (measure, key, year, used, cap)
        SELECT DISTINCT measure_, t.key, year_, 0, cap_ FROM unnest(keys) AS t (key) ORDER BY t.key
        ON CONFLICT (measure, key, year) DO UPDATE SET cap = EXCLUDED.cap;
        UPDATE ledger_quota q SET used = q.used + t.amount
        FROM (SELECT u.key, sum(u.amount) amount FROM unnest(keys, amounts) AS u (key, amount) GROUP BY u.key) t
        WHERE (q.measure, q.key, q.year) = (measure_, t.key, year_);
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
        FROM (SELECT u.key, sum(u.amount)::bigint asked FROM unnest(keys, amounts) AS u (key, amount)
              GROUP BY u.key) t
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
        check_at_once("ledger_transfer"),
    ]
