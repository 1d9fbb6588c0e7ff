import icon from "../icon.svg";

/** The product's sign. */
export function Mark() {
  return <img className="app-mark" src={icon} alt="" width={44} height={44} />;
}
