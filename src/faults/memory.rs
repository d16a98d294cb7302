//! What the faults of one layer remember from one request to the next.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Values by their type, empty in a new layer. A fault remembers a type of its own.
#[derive(Clone, Default)]
pub(crate) struct LayerMemory {
    values: Arc<Mutex<HashMap<TypeId, Box<dyn Any + Send>>>>,
}

impl LayerMemory {
    /// Reads or changes what is remembered of that type.
    pub(crate) fn with<T: Default + Send + 'static, R>(&self, act: impl FnOnce(&mut T) -> R) -> R {
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        let value = values.entry(TypeId::of::<T>()).or_insert_with(|| Box::new(T::default()));
        match value.downcast_mut() {
            Some(value) => act(value),
            // The key is the type of the value.
            None => act(&mut T::default()),
        }
    }

    /// How often that type was counted before.
    pub(crate) fn next<T: 'static>(&self) -> u32 {
        self.with(|Count(count, _): &mut Count<T>| {
            *count += 1;
            *count - 1
        })
    }
}

/// A counter of `T`.
struct Count<T>(u32, std::marker::PhantomData<fn() -> T>);

impl<T> Default for Count<T> {
    fn default() -> Self {
        Self(0, std::marker::PhantomData)
    }
}

impl std::fmt::Debug for LayerMemory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LayerMemory").finish_non_exhaustive()
    }
}
