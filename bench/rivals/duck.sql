-- The rule of packs/four-benefits.yaml over DuckDB's own tables, in whole fen; -1 stands for unknown.
WITH spent AS (
    SELECT household_id, sum(amount)::bigint AS rigid,
           coalesce(sum(amount) FILTER (medical = 1), 0)::bigint AS medical
    FROM expenses SEMI JOIN (SELECT household_id, max(year) AS year FROM expenses GROUP BY 1) latest
         USING (household_id, year)
    WHERE evidenced = 1
    GROUP BY household_id
), known AS (
    SELECT h.*, income - coalesce(rigid, 0) AS net, coalesce(medical, 0) AS medical,
           income >= 0 AND expenses_known = 1 AND people > 0 AND line >= 0 AS net_known
    FROM households h LEFT JOIN spent ON spent.household_id = h.id
), decided AS (
    SELECT *,
           CASE
           WHEN homes >= 2 OR business = 1 OR costly = 1 OR vehicle = 1
                OR migrant = 1 AND (urban = 0 OR started > $year_ago) THEN 4
           WHEN homes < 0 OR business < 0 OR costly < 0 THEN 5
           WHEN certificate = 1 OR net_known AND net < line * 12 * people THEN 1
           WHEN certificate < 0 OR NOT net_known THEN 5
           WHEN net < line * 24 * people THEN 2
           WHEN disaster = 1 OR loss >= 0 AND loss * 10 > income * 8 THEN 3
           WHEN disaster < 0 OR loss < 0 THEN 5
           ELSE 0 END AS result
    FROM known
)
SELECT id AS subject, result::tinyint AS result,
       CASE WHEN result BETWEEN 1 AND 3 THEN line * CASE result WHEN 1 THEN 12 ELSE 10 END ELSE -1 END AS living,
       CASE WHEN result NOT BETWEEN 1 AND 3 OR expenses_known = 0 THEN -1
            WHEN result = 1 THEN least(medical, 2000000)
            ELSE least((medical * 8 + 5) // 10, 1600000) END AS medical,
       CASE WHEN result BETWEEN 1 AND 3 AND loss >= 0 THEN least((loss * 15 + 50) // 100, 1000000)
            ELSE -1 END AS accident,
       CASE WHEN result BETWEEN 1 AND 3 AND people > 0 THEN least(line * people, 300000)
            ELSE -1 END AS temporary
FROM decided
