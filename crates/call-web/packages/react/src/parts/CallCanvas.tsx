import {
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
  useEffect,
  useRef,
  useState,
} from "react";
import { useIdle } from "../hooks/useIdle.js";
import type { Topology } from "../model.js";
import { CanvasLayer } from "./canvasLayer.js";
import { classes } from "./classes.js";

export interface CallCanvasProps {
  children: ReactNode;
  /** Top left. */
  status?: ReactNode;
  /** Below the status, in the middle: lines that must not fade. */
  notices?: ReactNode;
  /** Top right: buttons. */
  corner?: ReactNode;
  /** Beside the pictures where there is room, else over them. */
  panel?: ReactNode;
  /** Over everything else: a question. */
  dialog?: ReactNode;
  /** How media travels. */
  topology?: Topology | undefined;
  /** Bottom middle. */
  bar?: ReactNode;
  /** Status and bar fade when nothing moves: only where there is a picture to look at. */
  fades?: boolean;
  label: string;
  phase: string;
  onKeyDown?: (event: KeyboardEvent) => void;
  canvasRef?: RefObject<HTMLDivElement | null>;
  className?: string;
}

/** The near-black surface of a call, with its layers. */
export function CallCanvas(props: CallCanvasProps) {
  const { children, status, notices, bar, fades = false, label, phase, onKeyDown } = props;
  const own = useRef<HTMLDivElement>(null);
  const area = props.canvasRef ?? own;
  const controls = useRef<HTMLDivElement>(null);
  const idle = useIdle(area, controls, fades);
  const [layer, setLayer] = useState<HTMLElement | null>(null);
  const focused = useRef(false);
  useEffect(() => {
    // Once: so that the keys work without a click, unless the host page has its own focus.
    if (focused.current) return;
    focused.current = true;
    const active = document.activeElement;
    if (active === null || active === document.body) area.current?.focus({ preventScroll: true });
  }, [area]);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a section would need a heading of its own
    <div
      className={classes("call-root", "call-canvas", props.className)}
      role="region"
      aria-label={label}
      data-phase={phase}
      data-topology={props.topology}
      data-idle={idle}
      data-panel={isShown(props.panel) ? "open" : undefined}
      data-testid="call"
      tabIndex={-1}
      ref={area}
      onKeyDown={onKeyDown}
    >
      <CanvasLayer.Provider value={layer}>
        <div className="call-canvas-stage">{children}</div>
        <div className="call-canvas-top">
          {status}
          {notices !== undefined && <div className="call-notices">{notices}</div>}
        </div>
        {isShown(props.corner) && <div className="call-canvas-corner">{props.corner}</div>}
        <div className="call-canvas-bottom" ref={controls}>
          {bar}
        </div>
        {props.panel}
        {props.dialog}
      </CanvasLayer.Provider>
      <div className="call-layer" ref={setLayer} />
    </div>
  );
}

function isShown(node: ReactNode): boolean {
  return node != null && node !== false;
}
