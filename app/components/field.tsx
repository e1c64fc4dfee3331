import { type FieldMetadata, getInputProps, getTextareaProps } from "@conform-to/react";
import {
  NativeSelect,
  type NativeSelectProps,
  PasswordInput,
  type PasswordInputProps,
  Textarea,
  type TextareaProps,
  TextInput,
  type TextInputProps,
} from "@mantine/core";
import type { Ref } from "react";

// Mantine draws the error and points the field at it; conform's own aria attributes would name elements that are not there.
function own<P extends { "aria-invalid"?: unknown; "aria-describedby"?: unknown; key?: unknown }>(props: P) {
  const { "aria-invalid": _invalid, "aria-describedby": _described, key: _key, ...rest } = props;
  return rest;
}

const errorOf = (meta: { errors?: string[] }) => meta.errors?.join(" ");

/** A line of text bound to a conform field. */
export function TextField<V>({
  meta,
  type = "text",
  ...props
}: TextInputProps & { meta: FieldMetadata<V>; type?: "text" | "email" | "number" | "tel" }) {
  return <TextInput key={meta.key} {...own(getInputProps(meta, { type }))} error={errorOf(meta)} {...props} />;
}

export function PasswordField({ meta, ...props }: PasswordInputProps & { meta: FieldMetadata<string | undefined> }) {
  return (
    <PasswordInput
      key={meta.key}
      {...own(getInputProps(meta, { type: "password" }))}
      type={undefined}
      error={errorOf(meta)}
      visibilityToggleButtonProps={{ "aria-label": "Show the password", tabIndex: 0 }}
      {...props}
    />
  );
}

export function TextareaField<V>({
  meta,
  inputRef,
  ...props
}: TextareaProps & { meta: FieldMetadata<V>; inputRef?: Ref<HTMLTextAreaElement> }) {
  return <Textarea key={meta.key} ref={inputRef} {...own(getTextareaProps(meta))} error={errorOf(meta)} {...props} />;
}

/** A choice that works without JavaScript too. */
export function SelectField<V>({ meta, ...props }: NativeSelectProps & { meta: FieldMetadata<V> }) {
  const { type: _type, ...rest } = own(getInputProps(meta, { type: "text" }));
  return <NativeSelect key={meta.key} {...rest} error={errorOf(meta)} {...props} />;
}
