"""The path of a node follows its parent; the shared function of append-only tables."""

from django.db import migrations

from nuanxin.kernel.rls import REFUSE_CHANGE

PATHS = migrations.RunSQL(
    """
    CREATE FUNCTION orgs_set_path() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE above text := '';
    BEGIN
        IF NEW.parent_id IS NOT NULL THEN
            SELECT path INTO STRICT above FROM orgs_node WHERE id = NEW.parent_id;
            IF TG_OP = 'UPDATE' AND starts_with(above, OLD.path) THEN
                RAISE EXCEPTION 'a node cannot move below itself' USING ERRCODE = 'check_violation';
            END IF;
        END IF;
        NEW.path := above || NEW.id || '/';
        RETURN NEW;
    END $$;
    CREATE TRIGGER set_path BEFORE INSERT OR UPDATE OF parent_id, path ON orgs_node
        FOR EACH ROW EXECUTE FUNCTION orgs_set_path();
    -- touching a child's path makes set_path compute it anew from its moved parent
    CREATE FUNCTION orgs_carry_children() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE orgs_node SET path = '' WHERE parent_id = NEW.id;
        RETURN NULL;
    END $$;
    CREATE TRIGGER carry_children AFTER UPDATE OF parent_id, path ON orgs_node
        FOR EACH ROW WHEN (OLD.path IS DISTINCT FROM NEW.path) EXECUTE FUNCTION orgs_carry_children();
    """,
    """
    DROP TRIGGER carry_children ON orgs_node; DROP FUNCTION orgs_carry_children();
    DROP TRIGGER set_path ON orgs_node; DROP FUNCTION orgs_set_path();
    """,
)


class Migration(migrations.Migration):
    dependencies = [("orgs", "0001_initial")]
    operations = [REFUSE_CHANGE, PATHS]
