import { CallClient, type ClientOptions, DeviceList } from "call-client";
import { type ReactNode, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { Directory } from "../parts/AddPeople.js";
import { Announcer } from "../parts/Announcer.js";
import { StringsProvider } from "../strings/StringsContext.js";
import type { PartialStrings } from "../strings/strings.js";
import { CallContext, type CallContextValue } from "./context.js";

interface Common {
  /** Any part of the words. */
  strings?: PartialStrings;
  /** BCP 47 tag for dates and numbers; default: the browser's. */
  locale?: string;
  /** `relay` hides this device's addresses from the others. A change holds at once. */
  iceTransportPolicy?: RTCIceTransportPolicy;
  /**
   * Finds people who may be added to a call, by a part of their name. Default: those who are
   * online. Give always the same function. A whole user id can be entered anyway.
   */
  directory?: Directory;
  /** Default: the system's choice. */
  theme?: "light" | "dark" | "system";
  children: ReactNode;
}

/** Either a client that you made (and connect, and close) … */
export interface CallProviderWithClient extends Common {
  client: CallClient;
  /** Your device list; default: an own one. */
  devices?: DeviceList;
}

/** … or what it takes to make one. A change of `url` makes a new one. */
export interface CallProviderWithToken extends Common {
  /** Default: the origin of the page. */
  url?: string;
  token: ClientOptions["token"];
}

export type CallProviderProps = CallProviderWithClient | CallProviderWithToken;

/** Gives client, words and theme to the components below. One per page is enough. */
export function CallProvider(props: CallProviderProps) {
  const { strings, locale, theme = "system", children } = props;
  const value = "client" in props ? props : null;
  const content = (
    <StringsProvider strings={strings} locale={locale}>
      <Announcer>{children}</Announcer>
    </StringsProvider>
  );
  return (
    <div
      className="call-root call-provider"
      data-call-theme={theme === "system" ? undefined : theme}
      style={{ display: "contents" }}
    >
      {value !== null ? (
        <Given
          client={value.client}
          devices={value.devices}
          iceTransportPolicy={props.iceTransportPolicy}
          directory={props.directory}
        >
          {content}
        </Given>
      ) : (
        "token" in props && (
          <Made
            url={props.url}
            token={props.token}
            iceTransportPolicy={props.iceTransportPolicy}
            directory={props.directory}
          >
            {content}
          </Made>
        )
      )}
    </div>
  );
}

function Given(props: {
  client: CallClient;
  devices: DeviceList | undefined;
  iceTransportPolicy: RTCIceTransportPolicy | undefined;
  directory: Directory | undefined;
  children: ReactNode;
}) {
  const { client, devices, iceTransportPolicy, directory, children } = props;
  usePolicy(client, iceTransportPolicy);
  const [value, setValue] = useState<CallContextValue | null>(null);
  useEffect(() => {
    const list = devices ?? new DeviceList();
    setValue({ client, devices: list });
    return () => {
      if (devices === undefined) list.close();
    };
  }, [client, devices]);
  const context = useMemo(() => value && { ...value, directory }, [value, directory]);
  if (context === null) return null;
  return <CallContext.Provider value={context}>{children}</CallContext.Provider>;
}

function Made(props: {
  url: string | undefined;
  token: ClientOptions["token"];
  iceTransportPolicy: RTCIceTransportPolicy | undefined;
  directory: Directory | undefined;
  children: ReactNode;
}) {
  const { url, token, iceTransportPolicy, directory, children } = props;
  const [value, setValue] = useState<CallContextValue | null>(null);
  const latest = useRef(token);
  latest.current = token;
  const policy = useRef(iceTransportPolicy);
  policy.current = iceTransportPolicy;
  usePolicy(value?.client ?? null, iceTransportPolicy);
  useEffect(() => {
    // Asked anew each time, so that a token the host renews is used without a new client.
    const getToken = async () => {
      const now = latest.current;
      return typeof now === "string" ? now : now();
    };
    let stop: (() => void) | undefined;
    let gone = false;
    // A moment later, so that React's trial run of effects while developing makes no client: two
    // of them would be one device that connects twice.
    queueMicrotask(() => {
      if (gone) return;
      const client = new CallClient({
        token: getToken,
        ...(url === undefined ? {} : { url }),
        // From the first connection on: what was told once cannot be hidden any more.
        ...(policy.current === undefined ? {} : { iceTransportPolicy: policy.current }),
      });
      const devices = new DeviceList();
      setValue({ client, devices });
      // A failure is in `client.state`, which goes on trying.
      client.connect().catch(() => undefined);
      stop = () => {
        client.close();
        devices.close();
      };
    });
    return () => {
      gone = true;
      stop?.();
      setValue(null);
    };
  }, [url]);
  const context = useMemo(() => value && { ...value, directory }, [value, directory]);
  if (context === null) return null;
  return <CallContext.Provider value={context}>{children}</CallContext.Provider>;
}

/** A client that is given keeps its own policy unless told otherwise. */
function usePolicy(client: CallClient | null, policy: RTCIceTransportPolicy | undefined): void {
  useLayoutEffect(() => {
    if (policy !== undefined) client?.setIceTransportPolicy(policy);
  }, [client, policy]);
}
