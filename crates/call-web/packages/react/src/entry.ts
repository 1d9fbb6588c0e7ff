// What the package's build starts from: the components, and the style sheet beside them.
import "./styles/index.css";

export * from "./index.js";
