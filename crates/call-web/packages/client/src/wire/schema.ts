import * as v from "valibot";

/** A schema whose output is proved, by the compiler, to be the wire type. */
export type SchemaOf<T> = v.GenericSchema<unknown, T>;

/** A string of a bounded length. */
export const text = v.pipe(v.string(), v.maxLength(4096));
/** A whole number from 0 on. */
export const count = v.pipe(v.number(), v.integer(), v.minValue(0));
/** The value, or null where there is none. */
export const orNull = <T>(schema: SchemaOf<T>) => v.optional(v.nullable(schema), null);
/** One of the words of `T`; the compiler sees to it that none is missing. */
export const oneOf = <T extends string>(words: Record<T, true>): SchemaOf<T> =>
  v.picklist(Object.keys(words) as T[]);

/** The value if the schema accepts it, else undefined. */
export function accepted<T>(schema: SchemaOf<T>, value: unknown): T | undefined {
  const result = v.safeParse(schema, value);
  return result.success ? result.output : undefined;
}
