{{ typed_and_empty() }}
