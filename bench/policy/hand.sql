-- The rule of packs/four-benefits.yaml as a careful programmer writes it once for PostgreSQL: whole fen in
-- bigint, no division, each table read once, the head's working life looked up for migrant workers alone.
WITH line AS MATERIALIZED (
    SELECT DISTINCT ON (n.path, p.residence) n.path, p.residence, p.amount AS fen
    FROM orgs_node n JOIN policy_parameter p ON starts_with(n.path, p.org_path)
    WHERE p.code = 'dibao' AND p.valid @> %(day)s::date AND n.kind = 'grassroots'
    ORDER BY n.path, p.residence, p.org_path DESC
), spent AS (
    SELECT household_id, (max(ARRAY[year, rigid, medical]))[2:3] AS fen
    FROM (
        SELECT household_id, year,
               coalesce(sum(amount) FILTER (WHERE evidenced), 0)::bigint AS rigid,
               coalesce(sum(amount) FILTER (WHERE evidenced AND kind = 'medical'), 0)::bigint AS medical
        FROM registry_expense GROUP BY household_id, year
    ) years
    GROUP BY household_id
)
SELECT subject, result,
       CASE WHEN filed THEN line * CASE result WHEN 'deep' THEN 12 ELSE 10 END END AS living,
       CASE WHEN NOT filed OR medical IS NULL THEN NULL
            WHEN result = 'deep' THEN least(medical, 2000000)
            ELSE least((medical * 8 + 5) / 10, 1600000) END AS medical,
       CASE WHEN filed AND loss IS NOT NULL THEN least((loss * 15 + 50) / 100, 1000000) END AS accident,
       CASE WHEN filed AND people IS NOT NULL THEN least(line * people, 300000) END AS temporary
FROM (
    SELECT *, result IN ('deep', 'relative', 'accident') AS filed
    FROM (
        SELECT h.id AS subject, h.loss, h.people, line.fen AS line, money.medical,
               CASE
               WHEN h.homes >= 2 OR h.business OR h.costly_schooling OR h.vehicle
                    OR h.focus_group = 'migrant' AND (h.residence <> 'urban' OR (
                        SELECT p.started_work_on > %(day)s::date - interval '12 months'
                        FROM registry_person p WHERE p.id = h.head_id AND p.started_work_on <= %(day)s::date
                    )) THEN 'excluded'
               WHEN h.homes IS NULL OR h.business IS NULL OR h.costly_schooling IS NULL THEN 'unknown'
               WHEN h.dibao_certificate OR money.net < line.fen * 12 * h.people THEN 'deep'
               WHEN h.dibao_certificate IS NULL OR money.net IS NULL OR line.fen IS NULL OR h.people IS NULL
                    THEN 'unknown'
               WHEN money.net < line.fen * 24 * h.people THEN 'relative'
               WHEN h.disaster_victim OR h.loss * 10 > h.annual_income * 8 THEN 'accident'
               WHEN h.disaster_victim IS NULL OR h.loss IS NULL THEN 'unknown'
               ELSE 'none' END AS result
        FROM registry_household h
        LEFT JOIN line ON line.path = h.org_path AND line.residence = h.residence
        LEFT JOIN spent ON spent.household_id = h.id
        CROSS JOIN LATERAL (
            SELECT CASE WHEN h.expenses_known THEN h.annual_income - coalesce(spent.fen[1], 0) END AS net,
                   CASE WHEN h.expenses_known THEN coalesce(spent.fen[2], 0) END AS medical
            OFFSET 0
        ) money
        OFFSET 0
    ) decided
) opened
