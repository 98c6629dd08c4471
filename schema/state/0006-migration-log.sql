-- How far a migration has followed the log of its source: its slot, the position before which every change is stored. Null where
-- it follows none. Written in the same step that forgets the chunks of the changes before that position.
ALTER TABLE migrations ADD COLUMN log TEXT;
