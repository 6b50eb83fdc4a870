// Writes a plain object as TOML: enough for pinion's config (scalars, lists of scalars, tables, lists of tables).

const is_table = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const is_tables = (value) => Array.isArray(value) && value.length > 0 && value.every(is_table);

export function to_toml(table, path = '') {
  const lines = [];
  for (const [key, value] of Object.entries(table)) {
    if (value !== undefined && !is_table(value) && !is_tables(value)) lines.push(`${key} = ${JSON.stringify(value)}`);
  }
  for (const [key, value] of Object.entries(table)) {
    const name = path ? `${path}.${key}` : key;
    if (is_table(value)) lines.push(`[${name}]`, to_toml(value, name));
    if (is_tables(value)) for (const one of value) lines.push(`[[${name}]]`, to_toml(one, name));
  }
  return lines.join('\n');
}
