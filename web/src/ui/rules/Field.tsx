import { type ReactNode, useId } from "react";

interface Attributes {
  id: string;
  "aria-invalid": boolean | undefined;
  "aria-describedby": string | undefined;
}

/** A label, what it is for, and what is wrong with it. */
export function Field({
  label,
  wrong = "",
  children,
}: {
  label: string;
  wrong?: string;
  children: (attributes: Attributes) => ReactNode;
}) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, "aria-invalid": wrong ? true : undefined, "aria-describedby": wrong ? `${id}w` : undefined })}
      {wrong && (
        <p className="field-wrong" id={`${id}w`}>
          ▲ {wrong}
        </p>
      )}
    </div>
  );
}
