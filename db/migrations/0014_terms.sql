-- A name as it is searched for (0009), the same for every name: most are plain letters, which need no taking apart.
CREATE OR REPLACE FUNCTION search_fold(p_name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT trim(regexp_replace(lower(CASE WHEN octet_length(p_name) = length(p_name) THEN left(p_name, 300)
   ELSE regexp_replace(normalize(left(p_name, 300), NFKD), '[\u0300-\u036f]+', '', 'g') END), '[^[:alnum:]]+', ' ', 'g')) $$;
--> statement-breakpoint
-- The end of a number as it is searched for: backwards, under its user. Null for none.
CREATE FUNCTION number_key(p_user text, p_number text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT left(md5(p_user), 8) || '~' || reverse(p_number) $$;
--> statement-breakpoint
-- What a contact is found by in one index: the words of the name, and the number from its end. A tree of numbers from their
-- ends is written to all over at every import; these words wait in a list.
CREATE FUNCTION search_terms(p_user text, p_name text, p_phone text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT array_to_tsvector(string_to_array(public.search_keys(p_user, p_name), ' ') || public.number_key(p_user, p_phone)) $$;
--> statement-breakpoint
DROP INDEX contacts_user_phone_end;
--> statement-breakpoint
DROP INDEX contacts_words;
--> statement-breakpoint
CREATE INDEX contacts_terms ON contacts USING gin (search_terms(user_id, name, phone_e164)) WITH (gin_pending_list_limit=65536);
--> statement-breakpoint
DROP INDEX contacts_user;
--> statement-breakpoint
ALTER TABLE contacts DROP CONSTRAINT contacts_pkey;
--> statement-breakpoint
ALTER TABLE contacts ADD CONSTRAINT contacts_user_id_id_pk PRIMARY KEY (user_id, id);
--> statement-breakpoint
DROP INDEX consent_events_contact;
--> statement-breakpoint
ALTER TABLE consent_events DROP CONSTRAINT consent_events_pkey;
--> statement-breakpoint
ALTER TABLE consent_events ADD CONSTRAINT consent_events_contact_id_id_pk PRIMARY KEY (contact_id, id);
--> statement-breakpoint

-- The contacts of the user of this transaction that fit, in the order of their ids: at most p_limit after p_cursor. p_words:
-- beginnings of words of a name. p_starts and p_end: how a number may begin ("+62812"), or end ("0012").
-- It runs as the owner of the table, because under row-level security no index serves an operator that might leak (@@, LIKE,
-- @>); so it binds itself to app.user_id. What is common is found soonest by walking the contacts in order, what is rare by
-- an index. Which it is depends on what was typed: a first stretch of the walk tells. What is between the two is looked up
-- among the next people first, for the many hits of a whole index are all over the table. The planner is left no choice that
-- has gone wrong: the walk is bounded by pairs, or it would pass through everybody's rows by the primary key, and an index
-- gives all its hits before they are put in order.
CREATE OR REPLACE FUNCTION find_contacts(
  p_words text, p_starts jsonb, p_end text, p_list text, p_tag text, p_state text, p_cursor text, p_limit int
) RETURNS SETOF text LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp SET jit = off SET enable_seqscan = off SET max_parallel_workers_per_gather = 0 SET cpu_operator_cost = 0.03 AS $$
DECLARE
  v_user text := nullif(current_setting('app.user_id', true), '');
  v_words tsquery;
  v_ending tsquery;
  v_pattern text;
  v_starts text[] := ARRAY(SELECT jsonb_array_elements_text(p_starts));
  v_number boolean := p_end IS NOT NULL OR cardinality(v_starts) > 0;
  -- Whether an index leads to what is looked for.
  v_indexed boolean := p_words IS NOT NULL OR v_number OR p_tag IS NOT NULL OR p_state IS NOT DISTINCT FROM 'opted_out';
  v_fits text := 'true';
  -- A list that waits for a YES.
  v_yes text := CASE WHEN EXISTS (SELECT 1 FROM contact_lists l WHERE l.id = p_list AND l.user_id = v_user AND l.double_opt_in)
                     THEN ' AND c.confirmed_at IS NOT NULL' ELSE '' END;
  v_walk text;
  v_hits text;
  v_after text := coalesce(p_cursor, '');
  v_stretch int := 500;
  v_seen int;
  v_last text;
  v_ids text[];
  v_found text[] := '{}';
  v_until text;
  v_likes text[];
BEGIN
  IF v_user IS NULL THEN RETURN; END IF;
  IF p_words IS NOT NULL THEN
    SELECT string_agg(quote_literal(word) || ':*', ' & ')::tsquery INTO v_words
      FROM unnest(string_to_array(search_keys(v_user, p_words), ' ')) AS word;
    SELECT array_agg('%' || word || '%') INTO v_likes FROM unnest(string_to_array(search_fold(p_words), ' ')) AS word;
    v_fits := v_fits || ' AND search_words(c.user_id, c.name) @@ $5';
  END IF;
  IF p_tag IS NOT NULL THEN v_fits := v_fits || ' AND c.tags @> ARRAY[$7] AND c.tags <> ''{}'''; END IF;
  v_fits := v_fits || CASE p_state
    WHEN 'sendable' THEN ' AND c.consent AND c.on_whatsapp IS NOT FALSE' || v_yes || ' AND NOT ' || opted_out_sql()
    WHEN 'not_on_whatsapp' THEN ' AND c.consent AND c.on_whatsapp IS FALSE AND NOT ' || opted_out_sql()
    WHEN 'no_consent' THEN ' AND NOT c.consent AND NOT ' || opted_out_sql()
    WHEN 'unconfirmed' THEN ' AND c.consent AND c.on_whatsapp IS NOT FALSE AND c.confirmed_at IS NULL AND NOT ' || opted_out_sql()
    WHEN 'opted_out' THEN ' AND ' || opted_out_sql()
    ELSE '' END;
  IF v_number THEN
    v_ending := (quote_literal(number_key(v_user, p_end)) || ':*')::tsquery;
    SELECT '^\+(' || string_agg(substr(start, 2), '|') || ')' INTO v_pattern FROM unnest(v_starts) AS start;
  END IF;
  -- A short list is walked to its end.
  v_indexed := v_indexed AND NOT EXISTS (SELECT 1 FROM contact_lists l WHERE l.id = p_list AND l.total < 5000);
  IF v_fits = 'true' AND NOT v_number THEN v_stretch := p_limit; END IF;

  v_walk := 'SELECT count(*), max(c.id), (array_agg(c.id ORDER BY c.id) FILTER (WHERE '
    -- Making the words of a name takes five times as long as seeing that a plain one cannot have them.
    || CASE WHEN p_words IS NULL THEN '' ELSE '(octet_length(c.name) > length(c.name) OR lower(c.name) LIKE ALL ($10)) AND ' END || v_fits
    || CASE WHEN v_number THEN ' AND (c.phone_e164 ~ $8 OR right(c.phone_e164, length($9)) = $9)' ELSE '' END || '))[1:$4] FROM ('
    || CASE WHEN p_list IS NULL THEN
         'SELECT c.* FROM contacts c WHERE (c.user_id, c.id) > ($1, $2) AND (c.user_id, c.id) < ($1, ''d'')'
         || CASE WHEN p_state = 'no_consent' THEN ' AND NOT c.consent' ELSE '' END || ' ORDER BY c.user_id, c.id LIMIT $3) c'
       ELSE
         'SELECT c.* FROM (SELECT m.contact_id FROM contact_list_members m
             WHERE (m.contact_list_id, m.contact_id) > ($6, $2) AND (m.contact_list_id, m.contact_id) < ($6, ''d'')
             ORDER BY m.contact_list_id, m.contact_id LIMIT $3) m JOIN contacts c ON c.id = m.contact_id AND c.user_id = $1) c' END;
  LOOP
    EXECUTE v_walk INTO v_seen, v_last, v_ids
      USING v_user, v_after, v_stretch, p_limit - cardinality(v_found), v_words, p_list, p_tag, v_pattern, p_end, v_likes;
    v_found := v_found || coalesce(v_ids, '{}');
    IF v_seen < v_stretch OR cardinality(v_found) >= p_limit THEN
      RETURN QUERY SELECT unnest(v_found);
      RETURN;
    END IF;
    v_after := v_last;
    EXIT WHEN v_indexed AND coalesce(cardinality(v_ids), 0) * 100 < v_stretch;
    v_stretch := CASE WHEN v_indexed THEN 2000 ELSE least(v_stretch * 4, 20000) END;
  END LOOP;

  -- An index is found by its own words.
  v_fits := replace(v_fits, 'search_words(c.user_id, c.name)', 'search_terms(c.user_id, c.name, c.phone_e164)');
  v_hits := CASE
    WHEN v_number THEN
      'SELECT c.id FROM unnest($8) AS start JOIN contacts c ON c.user_id = $1 AND c.phone_e164 ~>=~ start AND c.phone_e164 ~<~ (start || '':'')
        WHERE c.id > $2 AND ' || v_fits || '
       UNION
       SELECT c.id FROM contacts c WHERE c.user_id = $1 AND c.id > $2 AND search_terms(c.user_id, c.name, c.phone_e164) @@ $9 AND ' || v_fits
    WHEN p_words IS NULL AND p_tag IS NULL THEN
      'SELECT c.id FROM (SELECT s.identity FROM suppressions s WHERE s.user_id = $1 AND s.identity LIKE ''pn:%'' UNION
                         SELECT p.pn FROM identity_pairs p JOIN suppressions s ON s.user_id = p.user_id AND s.identity = p.lid WHERE p.user_id = $1) o
         JOIN contacts c ON c.user_id = $1 AND c.phone_e164 = substr(o.identity, 4) WHERE c.id > $2 AND c.id <= $10 AND ' || v_fits
    ELSE 'SELECT c.id FROM contacts c WHERE c.user_id = $1 AND c.id > $2 AND c.id <= $10 AND ' || v_fits END;
  v_hits := 'WITH hits AS MATERIALIZED (' || v_hits || ') SELECT array_agg(id ORDER BY id) FROM ('
    || CASE WHEN p_list IS NULL THEN 'SELECT id FROM hits ORDER BY id LIMIT $3'
    -- OFFSET 0: the list is asked about one hit after the other, until there are enough.
    ELSE 'SELECT h.id FROM (SELECT id FROM hits ORDER BY id OFFSET 0) h
           WHERE (SELECT true FROM contact_list_members m WHERE m.contact_list_id = $6 AND m.contact_id = h.id) LIMIT $3' END || ') f';
  -- Those next people are worth a look when a few came along on the way.
  v_ids := '{}';
  IF NOT v_number AND cardinality(v_found) > 1 THEN
    SELECT max(n.id) INTO v_until
      FROM (SELECT c.id FROM contacts c WHERE (c.user_id, c.id) > (v_user, v_after) AND (c.user_id, c.id) < (v_user, 'd')
             ORDER BY c.user_id, c.id LIMIT 25000) n;
    EXECUTE v_hits INTO v_ids
      USING v_user, v_after, p_limit - cardinality(v_found), NULL::text, v_words, p_list, p_tag, v_starts, v_ending, v_until;
  END IF;
  IF coalesce(cardinality(v_ids), 0) < p_limit - cardinality(v_found) THEN
    EXECUTE v_hits INTO v_ids
      USING v_user, v_after, p_limit - cardinality(v_found), NULL::text, v_words, p_list, p_tag, v_starts, v_ending, 'd';
  END IF;
  RETURN QUERY SELECT unnest(v_found || coalesce(v_ids, '{}'));
END $$;
