import { createContext, type ReactNode, useContext, useMemo } from "react";
import { english } from "./english.js";
import { mergeStrings, type PartialStrings, type Strings } from "./strings.js";

interface Words {
  strings: Strings;
  /** BCP 47 tag for dates, times, lists; undefined means the browser's. */
  locale: string | undefined;
}

const WordsContext = createContext<Words>({ strings: english, locale: undefined });

/** Gives the components below it their words. `<CallProvider>` does this already. */
export function StringsProvider(props: {
  strings?: PartialStrings | undefined;
  locale?: string | undefined;
  children: ReactNode;
}) {
  const { strings, locale, children } = props;
  const words = useMemo(
    () => ({ strings: mergeStrings(english, strings), locale }),
    [strings, locale],
  );
  return <WordsContext.Provider value={words}>{children}</WordsContext.Provider>;
}

/** The words in use. */
export function useStrings(): Strings {
  return useContext(WordsContext).strings;
}

/** The locale for `Intl`. */
export function useLocale(): string | undefined {
  return useContext(WordsContext).locale;
}
