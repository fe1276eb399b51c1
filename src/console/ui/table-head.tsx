import type { JSX } from 'preact';

/** The name of a column; figures lean to the right, and a column of buttons needs no visible name. */
export interface Column {
  readonly name: string;
  readonly look?: 'number' | 'unseen';
}

/** The first row of a table. */
export function TableHead({ columns }: { readonly columns: readonly Column[] }): JSX.Element {
  return (
    <thead>
      <tr>
        {columns.map(({ name, look }) => (
          <th key={name} scope="col" class={look === 'number' ? 'number' : ''}>
            {look === 'unseen' ? <span class="unseen">{name}</span> : name}
          </th>
        ))}
      </tr>
    </thead>
  );
}
